import { expect, test } from 'vitest'
import { backgroundEnd } from './background-end.ts'

test.each([
  ['passed', null, 'ran until the end'],
  ['passed', 0, undefined],
  ['failed', 7, 'exited with 7 in the background, which fails no job'],
  ['failed', null, undefined],
  ['canceled', null, undefined],
  [null, null, undefined],
] as const)('a step in the background that ended as %s with %s is said to have %s', (result, exitCode, words) => {
  expect(backgroundEnd({ background: true, result, exitCode })).toBe(words)
  expect(backgroundEnd({ background: false, result, exitCode })).toBeUndefined()
})
