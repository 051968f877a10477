import { describe, expect, test } from 'vitest'
import { waitWords } from './wait-words.ts'

const wait = {
  text: 'It waits for somebody to approve it.',
  ahead: null,
  expectedMs: null,
  unknown: null,
  waitedMs: 60_000,
}
const line = (view: typeof wait | object, name?: string) => {
  const words = waitWords({ ...wait, ...view }, name)
  return `${words.name ?? ''} ${words.sentence} ${words.facts}`.trim()
}

describe('what a job is said to wait for', () => {
  test('is one sentence that its name begins, where several jobs are listed', () => {
    expect(line(wait, 'approve-publish')).toBe('approve-publish waits for somebody to approve it. 1m 00s so far')
    expect(line({ text: 'The lock deploy is being handed over.' }, 'ship')).toBe(
      'ship: The lock deploy is being handed over. 1m 00s so far',
    )
  })

  test('stands for itself on the job’s own page', () => {
    expect(line(wait)).toBe('It waits for somebody to approve it. 1m 00s so far')
  })

  test('is followed by its place and when it is expected to start', () => {
    expect(line({ ahead: 2, expectedMs: 30_000 })).toMatch(/ place 3 in line · expected in 30s · 1m 00s so far$/)
    expect(line({ ahead: 0, expectedMs: 10 })).toMatch(/place 1 in line · expected to start any moment/)
  })
})
