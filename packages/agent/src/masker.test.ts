import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMasker } from './masker.ts'

function maskAll(secrets: readonly string[], chunks: readonly Buffer[]): string {
  const masker = createMasker(secrets)
  return Buffer.concat([...chunks.map((chunk) => masker.push(chunk)), masker.end()]).toString('latin1')
}

test('a secret is replaced wherever the stream is cut [I-046]', () => {
  const text = 'before s3cr3t-value after s3cr3t-valu'
  for (let cut = 0; cut <= text.length; cut++) {
    const masked = maskAll(['s3cr3t-value'], [Buffer.from(text.slice(0, cut)), Buffer.from(text.slice(cut))])

    expect(masked).toBe('before **** after s3cr3t-valu')
  }
})

test('encoded and multi-line secrets are replaced', () => {
  const key = 'line-one-abc\nline-two-def'
  const printed = `${Buffer.from(`x${'hunter2-long'}`).toString('base64')} ${encodeURIComponent('p@ss/word')} line-two-def`

  const masked = maskAll(['hunter2-long', 'p@ss/word', key], [Buffer.from(printed)])

  expect(masked).not.toContain('line-two-def')
  expect(masked).not.toContain('p%40ss')
  expect(masked.split(' ')[0]).toContain('****')
})

test('how the stream is cut never changes the result', () => {
  const alphabet = fc.constantFrom('a', 'b', 'ab', 'aab', 'abab', '\n', 'x')
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 40 }), fc.array(fc.nat(120), { maxLength: 6 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''))
      const secrets = ['abab', 'ababaab', 'aabx']
      const edges = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
      const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))

      expect(maskAll(secrets, chunks)).toBe(maskAll(secrets, [bytes]))
    }),
    { numRuns: 500 },
  )
})
