import { expect, test } from 'vitest'
import { asMessages, withTimes } from './timed-output.ts'

async function text(pieces: readonly string[], times: readonly { offset: number; at: number }[], offset = 0) {
  async function* bytes() {
    for (const piece of pieces) yield Buffer.from(piece)
  }
  const parts: Buffer[] = []
  for await (const part of withTimes(bytes(), times, offset)) parts.push(part)
  return Buffer.concat(parts).toString()
}

const [first, second] = [Date.UTC(2026, 0, 2, 3, 4, 5, 678), Date.UTC(2026, 0, 2, 3, 4, 9)]

test('each line stands after the time of its first byte, however the bytes are cut', async () => {
  const times = [
    { offset: 0, at: first },
    { offset: 6, at: second },
  ]
  const expected =
    '2026-01-02T03:04:05.678Z one\n2026-01-02T03:04:05.678Z two\n2026-01-02T03:04:09.000Z \n2026-01-02T03:04:09.000Z x'

  for (const pieces of [['one\ntwo\n\nx'], ['o', 'ne\nt', 'wo\n', '\n', 'x'], [...'one\ntwo\n\nx']])
    expect(await text(pieces, times)).toBe(expected)
})

test('as messages, each of what was printed at once, with characters whole that were cut', async () => {
  async function* bytes() {
    const whole = Buffer.from('é one\n"two" 😀\n')
    yield whole.subarray(0, 1)
    yield whole.subarray(1, 16)
    yield whole.subarray(16)
  }
  const parts: string[] = []
  const times = [
    { offset: 0, at: first },
    { offset: 7, at: second },
  ]
  for await (const part of asMessages(bytes(), times)) parts.push(part)
  const messages = JSON.parse(parts.join('')) as { message: string; time: string; type: string }[]

  expect(messages.map(({ message }) => message).join('')).toBe('é one\n"two" 😀\n')
  expect(messages[0]).toEqual({ type: 'out', time: '2026-01-02T03:04:05.678Z', message: 'é one\n' })
  expect(messages.slice(1).every(({ time }) => time === '2026-01-02T03:04:09.000Z')).toBe(true)

  const none: string[] = []
  for await (const part of asMessages((async function* () {})(), [])) none.push(part)
  expect(JSON.parse(none.join(''))).toEqual([])
})

test('from the middle on, and where nothing is known', async () => {
  expect(await text(['two\n'], [{ offset: 4, at: second }], 4)).toBe('2026-01-02T03:04:09.000Z two\n')
  expect(await text(['one\ntwo\n'], [{ offset: 4, at: second }])).toBe('- one\n2026-01-02T03:04:09.000Z two\n')
  expect(await text([], [])).toBe('')
})
