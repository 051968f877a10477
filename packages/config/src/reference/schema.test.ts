import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { compile } from '../compile.ts'
import type { ConfigDiagnosticCode } from '../diagnostic-code.ts'
import type { Expected } from './expected/expected.ts'
import { leniencies } from './leniencies.ts'
import {
  hasReference,
  orbSource,
  pipelineValues,
  readReference,
  referenceFiles,
  referenceOrbs,
} from './reference-folder.ts'

/** What a compiler sees and a schema of one file cannot, by the code of our first error. */
const beyondSchema: Partial<Record<ConfigDiagnosticCode, string>> = {
  'argument-type': 'the type of an argument stands at the parameter, elsewhere in the file',
  cycle: 'a graph is no tree',
  'job-group': 'whether an entry is a job group stands elsewhere in the file',
  'job-type': 'the schema lets any type stand in an entry',
  'missing-argument': 'what must be given stands at the parameters, elsewhere in the file',
  'parameter-declaration': 'the reserved names of parameters are prose in the documentation',
  requires: 'names are resolved over the workflow',
  'undeclared-parameter': 'templates are text to the schema',
  'unexpected-argument': 'what may be given stands at the parameters, elsewhere in the file',
  'unknown-command': 'names are resolved over the file and its orbs',
  'unknown-executor': 'names are resolved over the file and its orbs',
  'unknown-job': 'names are resolved over the file and its orbs',
  'unknown-orb': 'names are resolved over the file and its orbs',
  'unknown-variable': 'templates are text to the schema',
  version: 'the check gives every file version 2.1',
  'yaml-syntax': 'the text is no YAML, which the lenient reader of this test overlooks',
}

/** Single files whose rule the schema could know and does not. */
const beyondSchemaFiles: Readonly<Record<string, Expected>> = {
  'Invalid-auto-rerun-delay-exceeds-maximum-700s.yml': {
    codes: ['invalid-value'],
    why: 'the pattern has no upper bound for seconds',
  },
  'Invalid-auto-rerun-delay-with-both-minutes-and-seconds.yml': {
    codes: ['invalid-value'],
    why: 'the pattern is not anchored on both sides',
  },
  'Invalid-background-true-with-max-auto-reruns.yml': { codes: ['invalid-value'], why: 'keys that exclude each other' },
  'invalid_checkout_method_shallow.yml': { codes: ['missing-key'], why: 'a key that another one makes necessary' },
}

it(hasReference ? 'finds the schema' : 'leaves out the schema: the reference folder is absent', () => {
  expect(referenceFiles('cases').length > 0).toBe(hasReference)
})

describe.runIf(hasReference)('the published schema', () => {
  const orbs = orbSource(referenceOrbs())
  // Read also where the suite is left out.
  const { $schema: _, ...schema } = hasReference ? JSON.parse(readReference('schema.json')) : {}
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema)
  const files = ['real', 'golden', 'cases'].flatMap((folder) =>
    referenceFiles(folder).map((file) => `${folder}/${file}`),
  )

  it('accepts nothing that we refuse, but for reasons a schema cannot know', () => {
    const unexplained: string[] = []
    const needed = new Set<string>()
    let accepted = 0

    for (const file of files) {
      const source = readReference(file)
      if (!isAccepted(source)) continue
      accepted += 1
      const errors = compile(source, { pipelineValues, orbs }).diagnostics.filter(
        ({ severity }) => severity === 'error',
      )
      const [first] = errors.filter(({ code }) => code !== 'orb-not-found' && code !== 'no-build-job')
      if (first === undefined) continue
      const name = file.split('/').at(-1)!
      if (first.code in beyondSchema) needed.add(first.code)
      else if (beyondSchemaFiles[name]?.codes.includes(first.code) === true) needed.add(name)
      else unexplained.push(`${file}: ${first.code}: ${first.message}`)
    }

    expect(unexplained).toEqual([])
    expect([...needed].sort()).toEqual([...Object.keys(beyondSchema), ...Object.keys(beyondSchemaFiles)].sort())
    expect(accepted).toBeGreaterThan(300)
  })

  it('refuses nothing that we accept, but for what repairs make it accept', () => {
    const unexplained: string[] = []
    const used = new Set<string>()
    let refused = 0

    for (const file of files) {
      const source = readReference(file)
      if (isAccepted(source) || readLeniently(source) === undefined) continue
      const errors = compile(source, { pipelineValues, orbs }).diagnostics.filter(
        ({ severity }) => severity === 'error',
      )
      if (errors.some(({ code }) => code !== 'orb-not-found')) continue
      refused += 1
      const data = { ...readLeniently(source), version: 2.1 }
      for (const [reason, repair] of Object.entries(leniencies)) if (repair(data)) used.add(reason)
      if (!validate(data)) unexplained.push(file)
    }

    expect(unexplained).toEqual([])
    expect(refused).toBeGreaterThan(20)
    expect([...used].sort()).toEqual(Object.keys(leniencies).sort())
  })

  /** Files of version 2 are judged too, as if they were 2.1. */
  function isAccepted(source: string): boolean {
    const data = readLeniently(source)
    if (!/^2/.test(String(data?.version))) return false
    return validate({ ...data, version: 2.1 })
  }
})

function readLeniently(source: string): Record<string, unknown> | undefined {
  try {
    const options = { version: '1.1', merge: true, uniqueKeys: false, maxAliasCount: -1, logLevel: 'silent' } as const
    const data: unknown = parse(source, options)
    return typeof data === 'object' && data !== null ? (asConfigsMean(data) as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The reader takes a lone dot for a number and plain dates for dates; in configs both are text (semantics 1). */
function asConfigsMean(value: unknown): unknown {
  if (typeof value === 'number' && Number.isNaN(value)) return '.'
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(asConfigsMean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asConfigsMean(inner)]))
}
