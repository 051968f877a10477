/**
 * Lets at most `most` pieces of work be under way at once; the others wait, in the order in which they came, holding nothing
 * that those under way need. What the work throws, its caller gets.
 */
export function createTurns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let underWay = 0
  return async (work) => {
    if (underWay >= most) await new Promise<void>((turn) => waiting.push(turn))
    else underWay++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) underWay--
      else next()
    }
  }
}
