/**
 * Time and identity as a process sees them. They come in from outside, so that a simulation can replay a run from a seed.
 * Truths about leases and limits use the database's clock instead (rule D-04).
 */
export interface Clock {
  /** The wall clock; for display and for schedules. */
  now(): Date
  /** Milliseconds of a clock that never steps; for measuring waits. */
  monotonicMs(): number
  /** Ends after `ms` milliseconds, or at once when the signal aborts; never throws. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A fresh UUID at every call. */
export type NewId = () => string
