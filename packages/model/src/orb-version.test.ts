import { describe, expect, test } from 'vitest'
import { compareReleases, isWanted, nextRelease, parseOrbReference, parseRelease } from './orb-version.ts'

describe('an orb reference', () => {
  const versions = ['0.9.9', '1.0.0', '1.2.3', '1.2.10', '1.10.0', '2.0.0', 'dev:alpha']
  const chosen = (reference: string) =>
    versions
      .filter((version) => isWanted(version, parseOrbReference(reference)!.wanted))
      .sort(compareReleases)
      .at(-1)

  test.each([
    ['ns/orb@1', '1.10.0'],
    ['ns/orb@1.2', '1.2.10'],
    ['ns/orb@1.2.3', '1.2.3'],
    ['ns/orb@volatile', '2.0.0'],
    ['ns/orb@dev:alpha', 'dev:alpha'],
    ['ns/orb@3', undefined],
    ['ns/orb@dev:beta', undefined],
  ])('%s means %s', (reference, version) => {
    expect(chosen(reference)).toBe(version)
  })

  test.each(['ns/orb', 'ns@1', 'NS/orb@1', 'ns/orb@1.2.3.4', 'ns/orb@^1', 'ns/orb@latest', 'ns/orb@dev:', 'a/b/c@1'])(
    '%s is none',
    (text) => {
      expect(parseOrbReference(text)).toBeUndefined()
    },
  )
})

test.each([
  [undefined, 'patch', '0.0.1'],
  [undefined, 'major', '1.0.0'],
  ['1.2.3', 'patch', '1.2.4'],
  ['1.2.3', 'minor', '1.3.0'],
  ['1.2.3', 'major', '2.0.0'],
] as const)('the release after %s by %s is %s', (newest, segment, next) => {
  expect(nextRelease(newest, segment)).toBe(next)
})

test('a release has three plain numbers', () => {
  expect(['1.2.3', '01.2.3', '1.2', '1.2.3-beta', 'v1.2.3'].map((text) => parseRelease(text) !== undefined)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ])
})
