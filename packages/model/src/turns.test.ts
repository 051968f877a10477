import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

test('no more than allowed are under way, and the others follow in their order, also after one that failed', async () => {
  const inTurn = createTurns(2)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const work = (index: number) =>
    inTurn(async () => {
      begun.push(index)
      await new Promise<void>((end) => ends.push(end))
      if (index === 0) throw new Error('the first fails')
      return index
    }).catch((error: Error) => error.message)
  const all = Promise.all([0, 1, 2, 3, 4].map(work))
  const steps: (readonly number[])[] = []

  for (let count = 0; count < 5; count++) {
    await new Promise(setImmediate)
    steps.push([...begun])
    ends.shift()!()
  }

  expect(steps).toEqual([
    [0, 1],
    [0, 1, 2],
    [0, 1, 2, 3],
    [0, 1, 2, 3, 4],
    [0, 1, 2, 3, 4],
  ])
  expect(await all).toEqual(['the first fails', 1, 2, 3, 4])
})
