import type { ForecastLock } from '@rondo/model'

/** Who holds and who waits for locks while the future is played through. */
export interface FutureLocks {
  /** True: it has the lock at once. */
  request(entry: Omit<ForecastLock, 'held'>): boolean
  /** What a workflow holds or waits for is given back, of this key or of all; answers the lock nodes that have theirs now. */
  release(workflowId: string, key?: string): readonly string[]
}

export function createFutureLocks(known: readonly ForecastLock[]): FutureLocks {
  const nameOf = ({ organizationId, key }: Pick<ForecastLock, 'organizationId' | 'key'>) => `${organizationId}/${key}`
  const queues = new Map([...Map.groupBy(known, nameOf)].map(([name, entries]) => [name, [...entries]]))
  return {
    request(entry) {
      const queue = queues.get(nameOf(entry)) ?? []
      queues.set(nameOf(entry), queue)
      queue.push({ ...entry, held: queue.length === 0 })
      return queue.length === 1
    },
    release(workflowId, key) {
      return [...queues].flatMap(([name, queue]) => {
        const kept = queue.filter((entry) => entry.workflowId !== workflowId || (key ?? entry.key) !== entry.key)
        if (kept.length === queue.length) return []
        queues.set(name, kept)
        const [first] = kept
        if (first === undefined || kept.some((entry) => entry.held)) return []
        kept[0] = { ...first, held: true }
        return [first.jobId]
      })
    },
  }
}
