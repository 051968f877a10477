import { describe, expect, it } from 'vitest'
import { compile } from '../compile.ts'
import type { ConfigDiagnostic } from '../diagnostic-code.ts'
import { defaultLimits } from '../limits.ts'
import { emitYaml } from '../output/emit-yaml.ts'
import { createReport } from '../report.ts'
import { child } from '../tree/node.ts'
import { parseTree } from '../tree/parse.ts'
import { validateOrb } from '../validate-orb.ts'
import { codesOf } from './expected/expected.ts'
import { missingInOrbs, missingInUsage } from './expected/missing-orbs.ts'
import { wrongUsage } from './expected/usage.ts'
import { missingOrbs } from './missing-orbs.ts'
import type { ReferenceOrb } from './reference-folder.ts'
import { hasReference, orbSource, pipelineValues, referenceOrbs, resolved } from './reference-folder.ts'

const all = referenceOrbs()

it(hasReference ? 'finds the orbs' : 'leaves out the orbs: the reference folder is absent', () => {
  expect(all.length > 0).toBe(hasReference)
})

describe.runIf(hasReference)('orbs are valid', () => {
  it.each(all.map((orb) => ({ ...orb, title: `${orb.name}@${orb.version}` })))('$title', ({ source, title }) => {
    expect(codesOf(validateOrb(source, { file: title, orbs: orbSource(all) }), ['orb-not-found'])).toEqual([])
  })

  it('but for the orbs they import that are listed by name', () => {
    const told = all.flatMap(({ source }) => validateOrb(source, { orbs: orbSource(all) }))

    expect(missingOrbs(told)).toEqual(missingInOrbs)
  })
})

const usages = all.flatMap((orb) => examples(orb))

function usageErrors({ orb, usage }: (typeof usages)[number]): readonly ConfigDiagnostic[] {
  const registry = orbSource(all)
  const orbs = {
    resolve: (reference: string) =>
      reference.startsWith(`${orb.name}@`) ? resolved(orb) : registry.resolve(reference),
  }
  return compile(usage, { pipelineValues, orbs }).diagnostics
}

describe.runIf(hasReference)('usage examples of orbs compile', () => {
  it.each(usages)('$title', (example) => {
    // Many show a job alone and leave the workflow to the reader.
    const codes = codesOf(usageErrors(example), ['orb-not-found', 'no-build-job'])

    expect(codes).toEqual(wrongUsage[example.title]?.codes ?? [])
  })

  it('but for the orbs that are listed by name; every example that is expected to be wrong is there', () => {
    const titles = usages.map(({ title }) => title)

    expect(missingOrbs(usages.flatMap(usageErrors))).toEqual(missingInUsage)
    expect(Object.keys(wrongUsage).filter((title) => !titles.includes(title))).toEqual([])
  })
})

function examples(orb: ReferenceOrb): readonly { orb: ReferenceOrb; title: string; usage: string }[] {
  const title = `${orb.name}@${orb.version}`
  const tree = parseTree(orb.source, title, defaultLimits, createReport(10))
  const found = child(tree, 'examples')
  if (found?.kind !== 'map') return []
  return [...found.entries.values()].flatMap(({ key, value }) => {
    const usage = child(value, 'usage')
    if (usage === undefined) return []
    // Examples leave the version to the reader: `@x.y`, and once with a colon.
    const text = emitYaml(usage)
      .replaceAll(/@x\.[yz](\.z)?\b/g, '@volatile')
      .replaceAll('circleci/node:4.1', 'circleci/node@4.1')
    return [{ orb, title: `${title} ${key}`, usage: text }]
  })
}
