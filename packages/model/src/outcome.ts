/** Where a task or step is. Never mixed with how it ended. */
export type Phase = 'queued' | 'running' | 'finished'

/** How a task or step ended; present only when the phase is `finished`. `lost` is our fault, never the user's. */
export type Result = 'passed' | 'failed' | 'canceled' | 'timed-out' | 'lost' | 'skipped'
