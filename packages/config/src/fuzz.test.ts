import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compileText } from './testing/compile-text.ts'
import type { Finding } from './testing/fuzz.ts'
import { brokenPromise, fuzz, fuzzSeeds } from './testing/fuzz.ts'

const findingsFolder = join(import.meta.dirname, 'testing/findings')

it('keeps the promises of the compiler, whatever a config or an orb is turned into [S-27]', () => {
  const findings: Finding[] = []

  fuzz(fuzzSeeds, 3_000, 20, (finding) => findings.push(finding))

  expect(findings).toEqual([])
}, 120_000)

it.each(readdirSync(findingsFolder))('still keeps them for what once broke them: %s', (file) => {
  expect(brokenPromise(readFileSync(join(findingsFolder, file), 'utf8'))).toBeUndefined()
})

it('compiles the config it starts from', () => {
  expect(Object.keys(compileText(fuzzSeeds[0]!).plan?.jobs ?? {})).toEqual(['build-1', 'test-1', 'build-2'])
})
