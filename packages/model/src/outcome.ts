/** Where a task or step is. Never mixed with how it ended. */
export type Phase = 'queued' | 'running' | 'finished'

/**
 * How a task or step ended; present only when the phase is `finished`. `lost` is our fault, never the user's. `unknown`: its
 * agent is there and knows nothing of it any more, so nobody can tell.
 */
export type Result = 'passed' | 'failed' | 'canceled' | 'timed-out' | 'lost' | 'unknown' | 'skipped'
