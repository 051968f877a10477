import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMasker } from './masker.ts'

function maskIn(secrets: readonly string[], pieces: readonly Buffer[]): string {
  const masker = createMasker(secrets)
  return Buffer.concat([...pieces.map((piece) => Buffer.from(masker.push(piece))), masker.end()]).toString('latin1')
}

function cut(data: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (data.length + 1)).sort((a, b) => a - b), data.length]
  return sorted.slice(1).map((end, index) => data.subarray(sorted[index], end))
}

describe('masker', () => {
  it('hides a secret and nothing else', () => {
    expect(maskIn(['hunter22'], [Buffer.from('pw=hunter22;hunter2')])).toBe('pw=****;hunter2')
  })

  it('leaves short values, true and false alone', () => {
    expect(maskIn(['abc', 'true'], [Buffer.from('abc true')])).toBe('abc true')
  })

  it('hides overlapping secrets as one', () => {
    expect(maskIn(['abcdef', 'defghi'], [Buffer.from('-abcdefghi-')])).toBe('-****-')
  })

  it('hides each line of a secret of many lines', () => {
    expect(maskIn(['first-line\nsecond-line'], [Buffer.from('x second-line y')])).toBe('x **** y')
  })

  it.each([0, 1, 2])('hides base64 of a secret that stands %i bytes into a text', (before) => {
    const encoded = Buffer.from(`${'x'.repeat(before)}s3cr3t-value!and more`).toString('base64')

    const shown = maskIn(['s3cr3t-value!'], [Buffer.from(encoded)])

    expect(shown).toContain('****')
    expect(Buffer.from(shown.split('****')[1] ?? '', 'base64').toString()).not.toContain('s3cr3t')
  })

  it.each([
    ['URL', encodeURIComponent('p@ss w/rd"')],
    ['JSON', JSON.stringify('p@ss w/rd"').slice(1, -1)],
    ['hex', Buffer.from('p@ss w/rd"').toString('hex')],
  ])('hides a secret encoded as %s', (_form, encoded) => {
    expect(maskIn(['p@ss w/rd"'], [Buffer.from(`<${encoded}>`)])).toBe('<****>')
  })

  it('gives the same bytes however the stream is cut', () => {
    const word = fc.constantFrom('abcd', 'abcabcd', 'bcda', 'dabc', 'a', 'b', 'c', 'd', 'abcdabcd', '\n')
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), fc.array(fc.nat(), { maxLength: 20 }), (words, places) => {
        const data = Buffer.from(words.join(''))
        const secrets = ['abcd', 'bcdabc', 'dabcabcd', 'abca\ncdab']

        const whole = maskIn(secrets, [data])

        expect(maskIn(secrets, cut(data, places))).toBe(whole)
        expect(whole).not.toContain('abcd')
      }),
      { numRuns: 500 },
    )
  })
})
