/** How long an attempt is its agent's without a sign of life (section 2b of the reliability rules). */
export const leaseMs = 30_000

/** How long after its lease ran out a started attempt is given up (same section). */
export const defaultLostAfterMs = 5 * 60_000

/** Attempts of a task of which no user code has run (rule D-01). */
export const maxAttempts = 3
