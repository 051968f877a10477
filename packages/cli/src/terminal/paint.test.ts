import { expect, test } from 'vitest'
import { seconds } from './paint.ts'

test('durations read well', () => {
  expect([seconds(400), seconds(12_300), seconds(185_000)]).toEqual(['0.4s', '12s', '3m 05s'])
})
