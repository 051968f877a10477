import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awkwardSecret, secretWritings } from '../testing/secret-writings.ts'
import { createMasker, createMaskerFactory } from './masker.ts'

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

  it.each([
    ['short', ['abcd', 'bcdabc', 'dabcabcd', 'abca\ncdab'], 'abcd'],
    ['long', ['abcdabc', 'bcdabcabcd', 'dabcabcdabcd'], 'abcdabc'],
  ])('gives the same bytes however the stream is cut, with %s secrets', (_length, secrets, never) => {
    const word = fc.constantFrom('abcd', 'abcabcd', 'bcda', 'dabc', 'a', 'b', 'c', 'd', 'abcdabcd', '\n')
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), fc.array(fc.nat(), { maxLength: 20 }), (words, places) => {
        const data = Buffer.from(words.join(''))

        const whole = maskIn(secrets, [data])

        expect(maskIn(secrets, cut(data, places))).toBe(whole)
        expect(whole).not.toContain(never)
        expect(whole.includes('****')).toBe(
          secrets.some((secret) => secret.split('\n').some((line) => data.includes(line))),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('hides a thousand secrets in every way that tools write them, however the stream is cut [S-05]', () => {
    const random = randomFrom(5)
    const secrets = Array.from({ length: 1_000 }, (_, index) => awkwardSecret(`${index}${random().toString(36)}`))
    const leaks = secrets.flatMap((secret) => Object.values(secretWritings).map((write) => write(secret)))
    const data = Buffer.from(leaks.map((leak) => `before ${leak} after\n`).join(''))
    const newMasker = createMaskerFactory(secrets)

    for (const cuts of [0, 3_000, 300_000]) {
      const places = Array.from({ length: cuts }, () => Math.floor(random() * data.length))
      const masker = newMasker()
      const pieces = cut(data, places).map((piece) => Buffer.from(masker.push(piece)))
      const lines = Buffer.concat([...pieces, masker.end()])
        .toString()
        .trimEnd()
        .split('\n')

      expect(lines).toHaveLength(26_000)
      expect(lines.filter((line) => !/^before .{0,3}\*{4}.{0,4} after$/.test(line))).toEqual([])
    }
  })
})

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('a secret that is printed so that masks should not know it', () => {
  const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
  const hex = (text: string | Buffer) => Buffer.from(text).toString('hex')
  const backwards = (text: string) => [...text].reverse().join('')
  const disguises: readonly ((secret: string) => string)[] = [
    (secret) => base64(base64(secret)),
    (secret) => base64(`${base64(`${secret}\n`)}\n`),
    (secret) => base64(base64(`token=${secret};`)),
    (secret) => base64(`{"t":"${base64(secret)}"}`),
    backwards,
    (secret) => backwards(base64(secret)),
    (secret) => base64(backwards(secret)),
    (secret) => hex(base64(secret)),
    (secret) => base64(hex(secret)),
    (secret) => base64(gzipSync(`${secret}\n`)),
  ]
  // Twenty secrets in ten disguises.
  const secrets = Array.from({ length: 20 }, (_, n) =>
    createHash('sha256')
      .update(String(n))
      .digest('base64url')
      .slice(0, 8 + n),
  )

  it('is masked, in each of two hundred cases, and its owner is told which one it was [S-06]', () => {
    const newMasker = createMaskerFactory(secrets)
    const missed: string[] = []
    for (const secret of secrets)
      for (const [position, disguise] of disguises.entries()) {
        const masker = newMasker((found) => `told of ${[...found].join()}`)
        const shown = Buffer.concat([masker.push(Buffer.from(`<${disguise(secret)}>`)), masker.end()]).toString()
        if (!shown.includes('****') || !shown.endsWith(`told of ${secret}`))
          missed.push(`${secret} ${position}: ${shown}`)
      }

    expect(missed).toEqual([])
  })

  it('is told of however the output was cut, and of what is masked by accident nobody is told', () => {
    const secret = secrets[5]!
    const told = (text: string) => {
      const masker = createMaskerFactory([secret])(() => ' TOLD')
      const pieces = [...text].map((char) => masker.push(Buffer.from(char)))
      return Buffer.concat([...pieces, masker.end()]).toString()
    }

    expect(told(`x ${backwards(secret)} y`)).toBe('x **** y TOLD')
    expect(told(`${secret} ${base64(secret)} ${hex(secret)} ${encodeURIComponent(secret)}`)).not.toContain('TOLD')
  })
})
