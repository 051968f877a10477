import type { RequestKey } from '@rondo/model'

export type SameKeyInTurn = <T>(key: RequestKey | undefined, work: () => Promise<T>) => Promise<T>

/**
 * Requests that one process has with the same key go one after the other, so that a repeat finds what the first made before it
 * compiles for nothing. The key in the database alone decides what is made: two processes that are asked at the same moment both
 * compile, under the one number that they share (`reservePipeline`), and make one thing.
 */
export function createSameKeyInTurn(): SameKeyInTurn {
  const underWay = new Map<string, Promise<unknown>>()
  return async (key, work) => {
    if (key === undefined) return work()
    const name = JSON.stringify([key.scope, key.key])
    const before = underWay.get(name) ?? Promise.resolve()
    const mine = before.then(work, work)
    underWay.set(name, mine)
    try {
      return await mine
    } finally {
      if (underWay.get(name) === mine) underWay.delete(name)
    }
  }
}
