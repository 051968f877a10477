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

test('of several files five are named and the rest counted, for each pair that brought them', () => {
  const check = createCollisionCheck()
  check.add(layer('a'), ['1', '2', '3', '4', '5', '6', '7'])
  check.add(layer('b'), ['8', '9'])

  expect(check.add(layer('c'), ['7', '1', '2', '3', '4', '5', '6', '8', '9', 'own'])).toBe(
    [
      'Concurrent upstream jobs persisted the same files: 7, 1, 2, 3, 4 and 2 more, by a and c.',
      'Concurrent upstream jobs persisted the same files: 8, 9, by b and c. Let them persist different paths, or one require the other.',
    ].join('\n'),
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
