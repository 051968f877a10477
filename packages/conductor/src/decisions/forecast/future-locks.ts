import { type ForecastLock, isBlocked, type TaskLimit } from '@rondo/model'

/** Who holds and who waits for locks while the future is played through. */
export interface FutureLocks {
  /** True: it has the lock at once. */
  request(entry: Omit<ForecastLock, 'held'>): boolean
  /** What a workflow holds or waits for is given back, of this key or of all; answers the lock nodes that have theirs now. */
  release(workflowId: string, key?: string): readonly string[]
}

/** `limits`: who is blocked is passed over, and nobody knows for how long. */
export function createFutureLocks(known: readonly ForecastLock[], limits: readonly TaskLimit[]): FutureLocks {
  const nameOf = ({ organizationId, key }: Pick<ForecastLock, 'organizationId' | 'key'>) => `${organizationId}/${key}`
  const queues = new Map([...Map.groupBy(known, nameOf)].map(([name, entries]) => [name, [...entries]]))
  return {
    request(entry) {
      const queue = queues.get(nameOf(entry)) ?? []
      queues.set(nameOf(entry), queue)
      const held = !isBlocked(limits, entry) && !queue.some((other) => other.held)
      queue.push({ ...entry, held })
      return held
    },
    release(workflowId, key) {
      return [...queues].flatMap(([name, queue]) => {
        const kept = queue.filter((entry) => entry.workflowId !== workflowId || (key ?? entry.key) !== entry.key)
        if (kept.length === queue.length) return []
        const first = kept.find((entry) => !isBlocked(limits, entry))
        const next = kept.some((entry) => entry.held) ? undefined : first
        queues.set(name, next === undefined ? kept : kept.with(kept.indexOf(next), { ...next, held: true }))
        return next === undefined ? [] : [next.jobId]
      })
    },
  }
}
