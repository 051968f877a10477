import type { Resources } from '@rondo/model'

/** A task that runs while the future is played through. */
export interface EndingTask extends Resources {
  readonly jobId: string | null
  readonly agentId: string
  readonly organizationId: string
  readonly projectId: string
  readonly resourceClass: string
}

/** Expected ends in their order; of those at the same time, the one that was added first. */
export interface Ends {
  add(at: number, task: EndingTask): void
  next(): { readonly at: number; readonly task: EndingTask } | undefined
}

export function createEnds(): Ends {
  const ends: { readonly at: number; readonly task: EndingTask }[] = []
  return {
    add(at, task) {
      let [from, to] = [0, ends.length]
      while (from < to) {
        const middle = (from + to) >> 1
        if (ends[middle]!.at <= at) from = middle + 1
        else to = middle
      }
      ends.splice(from, 0, { at, task })
    },
    next: () => ends.shift(),
  }
}
