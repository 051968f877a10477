import { type ExpectedStart, limitCovers, limitOn, type QueueView, type TaskLimit } from '@rondo/model'
import type { FutureTask } from './future-lines.ts'

/** Counts who goes before whom, in the order in which tasks start. */
export interface Places {
  /** This task goes now; answers what its job waits for at present, and how many of those that wait too went before. */
  pass(task: FutureTask): Pick<ExpectedStart, 'kind' | 'ahead'>
}

/** `view`: what runs at present, and the limits. */
export function createPlaces(view: Pick<QueueView, 'running' | 'limits'>): Places {
  const passed = new Map<string | TaskLimit, number>()
  const count = (of: string | TaskLimit) => passed.get(of) ?? 0
  return {
    pass({ line, waitsNow }) {
      if (!waitsNow) return { kind: 'jobs', ahead: null }
      const limit = line.promoted ? undefined : limitOn(line, view)
      const ahead = count(limit ?? line.executor)
      for (const one of [line.executor, ...view.limits])
        if (typeof one === 'string' || limitCovers(one, line)) passed.set(one, count(one) + 1)
      return { kind: limit === undefined ? 'room' : 'limit', ahead }
    },
  }
}
