import { expect, test } from 'vitest'
import { createCollisionCheck, hasConcurrent } from './workspace-collisions.ts'

const layer = (job: string, after: readonly string[] = [], slice = 0) => ({ job, slice, after })

test('jobs beside each other may not bring the same file, and the message names it and them', () => {
  const check = createCollisionCheck()
  expect(check.add(layer('a'), ['one', 'same'])).toBeUndefined()

  expect(check.add(layer('b'), ['two', 'same'])).toBe(
    'Concurrent upstream jobs persisted the same file: same, by a and b. Let them persist different paths, or one require the other.',
  )
})

test('a job may replace what a job upstream of it brought, and bring a file twice itself', () => {
  const check = createCollisionCheck()

  expect(check.add(layer('a'), ['same'])).toBeUndefined()
  expect(check.add(layer('b', ['a']), ['same'])).toBeUndefined()
  expect(check.add(layer('b', ['a']), ['same'])).toBeUndefined()
  expect(check.add(layer('c', ['a']), ['same'])).toContain('by b and c')
})

test('slices of one job are beside each other', () => {
  const check = createCollisionCheck()
  expect(check.add(layer('a', [], 0), ['0'])).toBeUndefined()
  expect(check.add(layer('a', [], 1), ['1'])).toBeUndefined()

  expect(check.add(layer('a', [], 2), ['1'])).toContain('by a (slice 1) and a (slice 2)')
})

test('only layers with others beside them need a look', () => {
  const [a, b, c] = [layer('a'), layer('b', ['a']), layer('c', ['a', 'b'])]

  expect([a, b, c].map((each) => hasConcurrent(each, [a, b, c]))).toEqual([false, false, false])
  expect(hasConcurrent(a, [a, layer('d')])).toBe(true)
})
