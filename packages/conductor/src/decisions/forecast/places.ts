import { type ExpectedStart, limitCovers, limitOn, type QueueView, type TaskLimit } from '@rondo/model'
import type { FutureTask } from './future-lines.ts'

/** Counts who goes before whom, in the order in which tasks start. */
export interface Places {
  /** From here on nothing starts at once any more: what still waits is held back by a limit that is full in this view, or by room. */
  full(view: Pick<QueueView, 'running' | 'limits'>): void
  /** This task goes now; answers what its job waits for at present, and how many of those that wait too went before. */
  pass(task: FutureTask): Pick<ExpectedStart, 'kind' | 'ahead'>
}

export function createPlaces(limits: readonly TaskLimit[]): Places {
  let held: Pick<QueueView, 'running' | 'limits'> = { running: [], limits: [] }
  const passed = new Map<string | TaskLimit, number>()
  const count = (of: string | TaskLimit) => passed.get(of) ?? 0
  return {
    full(view) {
      held = view
    },
    pass({ line, waitsNow }) {
      if (!waitsNow) return { kind: 'jobs', ahead: null }
      const limit = line.promoted ? undefined : limitOn(line, held)
      const ahead = count(limit ?? line.executor)
      for (const one of [line.executor, ...limits])
        if (typeof one === 'string' || limitCovers(one, line)) passed.set(one, count(one) + 1)
      return { kind: limit === undefined ? 'room' : 'limit', ahead }
    },
  }
}
