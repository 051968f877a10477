/** Hints that something changed. Callers look at the truth at least every two seconds whatever happens here. */
export interface Wakeups {
  /** Ends at the next notification of the topic, after `timeoutMs`, or when the signal aborts. */
  wait(
    topic: 'queue' | 'stop' | 'events' | 'chores' | 'agent-tokens',
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<void>
}
