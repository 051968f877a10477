import { describe, expect, it } from 'vitest'
import { compile } from '../compile.ts'
import { codesOf } from './expected/expected.ts'
import { missingInConfigs } from './expected/missing-orbs.ts'
import { wrongConfigs } from './expected/real.ts'
import { missingOrbs } from './missing-orbs.ts'
import {
  hasReference,
  orbSource,
  pipelineValues,
  readReference,
  referenceFiles,
  referenceOrbs,
} from './reference-folder.ts'

const files = referenceFiles('real')

it(hasReference ? 'finds the real configs' : 'leaves out the real configs: the reference folder is absent', () => {
  expect(files.length > 0).toBe(hasReference)
})

describe.runIf(hasReference)('configs of public repositories compile; only orbs may be missing', () => {
  const orbs = orbSource(referenceOrbs())

  it.each(files)('%s', (file) => {
    const result = compile(readReference(`real/${file}`), { file, pipelineValues, orbs })

    expect(codesOf(result.diagnostics, ['orb-not-found'])).toEqual(wrongConfigs[file]?.codes ?? [])
    expect(result.plan === undefined).toBe(result.diagnostics.some(({ severity }) => severity === 'error'))
  })

  it('misses the orbs that are listed by name, and no others', () => {
    const told = files.flatMap(
      (file) => compile(readReference(`real/${file}`), { file, pipelineValues, orbs }).diagnostics,
    )

    expect(missingOrbs(told)).toEqual(missingInConfigs)
    expect(Object.keys(wrongConfigs).filter((file) => !files.includes(file))).toEqual([])
  })

  it('compiles a good part of them to a plan', () => {
    const plans = files.filter(
      (file) => compile(readReference(`real/${file}`), { pipelineValues, orbs }).plan !== undefined,
    )

    expect(plans.length).toBeGreaterThan(files.length / 3)
  })
})
