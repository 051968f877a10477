import type { BoxContent } from '@rondo/model'
import { expect, test } from 'vitest'
import { boxSealer, newBoxKey } from './box.ts'

const content: BoxContent = { kind: 'task', attemptId: '01a2023c-5a9c-7ccb-8d99-b9d5e8cba8f8', epoch: 3 }

test.each(['', 's3cret', 'ünïcode ☃', 'a\0b\r\n', 'x'.repeat(3_000_000)])('what is sealed opens again', (text) => {
  const key = newBoxKey()

  expect(key.open(boxSealer.seal(text, key.publicHalf, content), content)).toBe(text)
})

test('a box opens with no other key, and as nothing else: not of another attempt, epoch or kind (rule D-19)', () => {
  const key = newBoxKey()
  const box = boxSealer.seal('s3cret', key.publicHalf, content)
  const others: readonly BoxContent[] = [
    { ...content, attemptId: '01a2023c-5a9c-7ccb-8d99-b9d5e8cba8f9' },
    { ...content, epoch: 2 },
    { ...content, epoch: 33 },
    { ...content, kind: 'token' },
  ]

  expect(() => newBoxKey().open(box, content)).toThrow()
  for (const other of others) expect(() => key.open(box, other)).toThrow()
  expect(key.open(box, content)).toBe('s3cret')
})

test('a change of any byte, and any cut, is noticed', () => {
  const key = newBoxKey()
  const whole = Buffer.from(boxSealer.seal('whole', key.publicHalf, content), 'base64')

  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole)
    changed[at]! ^= 1
    expect(() => key.open(changed.toString('base64'), content)).toThrow()
    expect(() => key.open(whole.subarray(0, at).toString('base64'), content)).toThrow()
  }
})

test('sealing twice gives nothing to compare, each pair is another, and neither box nor public half opens anything', () => {
  const key = newBoxKey()
  const [a, b] = [1, 2].map(() =>
    Buffer.from(boxSealer.seal('a long enough secret', key.publicHalf, content), 'base64'),
  )

  expect(a!.includes('secret')).toBe(false)
  expect(a!.subarray(0, 33).equals(b!.subarray(0, 33))).toBe(false)
  expect(newBoxKey().publicHalf).not.toBe(newBoxKey().publicHalf)
  expect(JSON.stringify(key)).toBe(JSON.stringify({ publicHalf: key.publicHalf }))
})

/** Points of which everybody has the same in common with everybody (RFC 7748, section 6.1), and what is too short or long. */
const noKeys = [
  '',
  'short',
  Buffer.alloc(33, 7).toString('base64url'),
  Buffer.alloc(32).toString('base64url'),
  Buffer.concat([Buffer.of(1), Buffer.alloc(31)]).toString('base64url'),
  Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex').toString('base64url'),
]

test.each(noKeys)('for %j nothing is sealed', (key) => {
  expect(() => boxSealer.seal('s3cret', key, content)).toThrow(expect.objectContaining({ code: 'bad-request' }))
})
