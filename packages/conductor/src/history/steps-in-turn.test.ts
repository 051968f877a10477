import { expect, test } from 'vitest'
import { stepsInTurn } from './steps-in-turn.ts'

const toldAt = new Date(0)

const attempt = (attemptId: string) => {
  const told = (kind: 'step.started' | 'step.finished') => (index: number, second: number) => ({
    kind,
    at: toldAt,
    data: { attemptId, index, by: new Date(second * 1_000).toISOString() },
  })
  return { start: told('step.started'), end: told('step.finished') }
}
const other = { kind: 'job.changed', at: toldAt, data: {} } as const

test('the end of a step comes before the next one begins, on the places that the attempt has among other events', () => {
  const [a, b] = [attempt('a'), attempt('b')]
  const [a0, a1, b0] = [a.start(0, 1), a.start(1, 2), b.start(0, 1)]
  const [a0End, a1End, b0End] = [a.end(0, 2), a.end(1, 4), b.end(0, 9)]

  expect(stepsInTurn([a0, a1, other, b0, a0End, b0End, a1End])).toEqual([a0, a0End, other, b0, a1, b0End, a1End])
})

test('a step in the background ends when it did, not before the next one', () => {
  const { start, end } = attempt('a')
  const events = [start(0, 1), start(1, 1), end(1, 2), end(0, 3)]

  expect(stepsInTurn(events)).toEqual(events)
})

test('one that took no time begins before it ends, and what older servers wrote stays where it is', () => {
  const { start, end } = attempt('a')
  const old = { kind: 'step.finished', at: toldAt, data: { index: 0 } } as const

  expect(stepsInTurn([end(0, 1), old, start(0, 1)])).toEqual([start(0, 1), old, end(0, 1)])
})

test('times go on, whatever order the steps were told in', () => {
  const { start, end } = attempt('a')
  const told = [start(0, 1), start(1, 2), end(0, 2)].map((entry, second) => ({
    ...entry,
    at: new Date(second * 1_000),
  }))

  expect(stepsInTurn(told).map(({ kind, data, at }) => [kind, data.index, at.getTime()])).toEqual([
    ['step.started', 0, 0],
    ['step.finished', 0, 1_000],
    ['step.started', 1, 2_000],
  ])
})
