import { expect, it } from 'vitest'
import { compileText } from './testing/compile-text.ts'
import type { Finding } from './testing/fuzz.ts'
import { brokenPromise, fuzz, fuzzSeeds } from './testing/fuzz.ts'
import { hostileTexts } from './testing/hostile.ts'

/** Tests run on busy machines: here it is about what takes for ever. The promised second is held against inputs by the fuzz run. */
const slowMs = 15_000

it('keeps the promises of the compiler, whatever a config or an orb is turned into [S-27]', () => {
  const findings: Finding[] = []

  fuzz(fuzzSeeds, 2_000, 20, (finding) => findings.push(finding), slowMs)

  expect(findings).toEqual([])
}, 120_000)

it.each(Object.entries(hostileTexts))('keeps them for %s [S-27]', (_, source) => {
  expect(brokenPromise(source, slowMs)).toBeUndefined()
})

it('compiles the config it starts from', () => {
  expect(Object.keys(compileText(fuzzSeeds[0]!).plan?.jobs ?? {})).toEqual(['build-1', 'test-1', 'build-2'])
})
