import { expect, test } from 'vitest'
import { opensByItself } from './opens-by-itself.ts'

test.each([
  ['run', 'running', null, true],
  ['run', 'finished', 'failed', true],
  ['run', 'finished', 'timed-out', true],
  ['run', 'finished', 'passed', false],
  ['shell', 'running', null, false],
  ['shell', 'finished', 'passed', false],
  ['shell', 'finished', 'failed', true],
] as const)('the output of a step %s, %s, %s is open from the start: %s', (type, phase, result, open) => {
  expect(opensByItself({ type, phase, result })).toBe(open)
})
