/** What one attempt used, in equal steps of time; see `UsageSeries` of the agent's contract. */
export interface UsageRecord {
  readonly startedAt: Date
  readonly intervalMs: number
  /** What it may use. */
  readonly cpus: number
  readonly memoryMb: number
  /** Thousandths of a core, and kibibytes, one a step of time. */
  readonly cpuMilli: readonly number[]
  readonly memoryKb: readonly number[]
}

/** What jobs use of their machines. */
export interface UsageStore {
  /** Replaces what was known of the attempt. */
  save(attemptId: string, usage: UsageRecord): Promise<void>
  /** Of the newest attempt of each slice that has any. */
  ofJob(jobId: string): Promise<readonly (UsageRecord & { readonly slice: number })[]>
}
