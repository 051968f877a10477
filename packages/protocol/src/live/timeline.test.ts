import { expect, test } from 'vitest'
import { createTimeline } from './timeline.ts'

test('a byte has the time of the piece it came with; what is told of a place again changes nothing', () => {
  const timeline = createTimeline()

  expect(timeline.timeOf(0)).toBeUndefined()
  expect([...timeline.pieces(7, 3)]).toEqual([{ from: 0, to: 3, at: undefined }])

  timeline.add([
    [0, 100],
    [10, 200],
  ])
  timeline.add([
    [5, 900],
    [10, 900],
    [25, 300],
  ])

  expect([0, 9, 10, 24, 25, 1_000].map(timeline.timeOf)).toEqual([100, 100, 200, 200, 300, 300])
  expect([...timeline.pieces(8, 20)]).toEqual([
    { from: 0, to: 2, at: 100 },
    { from: 2, to: 17, at: 200 },
    { from: 17, to: 20, at: 300 },
  ])
  expect([...timeline.pieces(30, 0)]).toEqual([])
})
