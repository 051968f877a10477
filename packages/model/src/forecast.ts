/** What decides when waiting tasks of one executor start. Milliseconds; in the order in which they go. */
export interface ForecastFacts {
  readonly executor: string
  /** Of all agents that were heard of lately. */
  readonly cpus: number
  readonly running: readonly { readonly cpus: number; readonly elapsedMs: number; readonly usualMs: number | null }[]
  readonly waiting: readonly ForecastTask[]
}

export interface ForecastTask {
  readonly taskId: string
  readonly jobId: string
  readonly cpus: number
  /** What runs of this job usually take; null: it never ran before. */
  readonly usualMs: number | null
}

/** Nothing is known of a job's length: about what a short build takes. */
const unknownMs = 60_000

/**
 * In how many milliseconds each task is expected to start: those that run end when they usually do, and each that ends lets the
 * next begin. Without agents nobody can say. Plain function of the facts.
 */
export function expectedStarts(facts: ForecastFacts): ReadonlyMap<string, number> {
  if (facts.cpus <= 0) return new Map()
  const ends = facts.running.map(({ cpus, elapsedMs, usualMs }) => ({
    cpus,
    // What takes longer than usual is expected to end any moment.
    at: Math.max(0, (usualMs ?? unknownMs) - elapsedMs),
  }))
  let free = facts.cpus - ends.reduce((sum, end) => sum + end.cpus, 0)
  let now = 0
  const starts = new Map<string, number>()
  ends.sort((a, b) => a.at - b.at)
  for (const task of facts.waiting) {
    const needed = Math.min(task.cpus, facts.cpus)
    while (free < needed && ends.length > 0) {
      const end = ends.shift()!
      now = Math.max(now, end.at)
      free += end.cpus
    }
    starts.set(task.taskId, now)
    free -= needed
    insert(ends, { cpus: needed, at: now + (task.usualMs ?? unknownMs) })
  }
  return starts
}

function insert<End extends { readonly at: number }>(ends: End[], end: End): void {
  const later = ends.findIndex((other) => other.at > end.at)
  ends.splice(later < 0 ? ends.length : later, 0, end)
}
