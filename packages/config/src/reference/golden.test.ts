import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { compile } from '../compile.ts'
import type { Expected } from './expected/expected.ts'
import { codesOf } from './expected/expected.ts'
import {
  hasReference,
  orbSource,
  pipelineValues,
  readReference,
  referenceFiles,
  referenceOrbs,
} from './reference-folder.ts'

/** Pairs that are not output of a compiler. */
const illustrations: Readonly<Record<string, Expected>> = {
  'docs-fragment-executor-override': { codes: [], why: 'keeps version 2.1 and a map as environment' },
  'docs-fragment-matrix-requires': { codes: ['version'], why: 'has no version and no jobs' },
  'docs-fragment-parameterized-executor': { codes: ['missing-key'], why: 'has a job without steps' },
}

const resolution = /^# Orb '(.+)' resolved to '(.+)'$/gm

const pairs = referenceFiles('golden', /^input\.yml$/).map((path) => path.replace('/input.yml', ''))

/** Pairs whose texts are those of the compiler, banners of other programs aside, and of a time before `upstream`. */
const otherText = /^(docs-fragment|artifactory|CircleCI-Public__mac)/
const literal = pairs.filter((name) => !otherText.test(name))

it(hasReference ? 'finds the golden pairs' : 'leaves out the golden pairs: the reference folder is absent', () => {
  expect(pairs.length > 0).toBe(hasReference)
})

describe.runIf(hasReference)('compiled output equals the official compiler’s', () => {
  const orbs = referenceOrbs()

  it.each(pairs.filter((name) => !(name in illustrations)))('%s', (name) => {
    const expected = readReference(`golden/${name}/expected.yml`)
    const pins = new Map([...expected.matchAll(resolution)].map((match) => [match[1]!, match[2]!] as const))
    const source = readReference(`golden/${name}/input.yml`)

    const result = compile(source, { pipelineValues, orbs: orbSource(orbs, pins) })

    expect(result.diagnostics.filter((diagnostic) => diagnostic.severity === 'error')).toEqual([])
    expect(ordered(result.output!)).toBe(ordered(expected))
  })

  it.each(literal)('to the letter, but for the source as comment: %s', (name) => {
    const expected = readReference(`golden/${name}/expected.yml`)
    const pins = new Map([...expected.matchAll(resolution)].map((match) => [match[1]!, match[2]!] as const))

    const result = compile(readReference(`golden/${name}/input.yml`), { pipelineValues, orbs: orbSource(orbs, pins) })

    expect(withoutSource(result.output!)).toBe(withoutSource(expected))
  })

  it.each(Object.entries(illustrations))('%s is an illustration, and judged as it is written', (name, { codes }) => {
    expect(codesOf(compile(readReference(`golden/${name}/input.yml`), { pipelineValues }).diagnostics)).toEqual(codes)
  })

  it('puts the image of a job in place of its executor’s, as the illustration of it shows', () => {
    const pair = (file: string) => readReference(`golden/docs-fragment-executor-override/${file}.yml`)
    const { docker, steps, environment } = parse(pair('expected')).jobs.build

    const { build } = parse(compile(pair('input'), { pipelineValues }).output!).jobs

    expect(build.docker).toEqual(docker)
    expect(build.steps.map((step: { run: { command: string } }) => ({ run: step.run.command }))).toEqual(steps)
    expect(Object.assign({}, ...build.environment)).toEqual(environment)
  })

  it('states in the header which versions were chosen', () => {
    const name = 'docs-node-4.7.0'

    const result = compile(readReference(`golden/${name}/input.yml`), { pipelineValues, orbs: orbSource(orbs) })

    expect(result.output).toMatch(/^# Orb 'circleci\/node@4\.7\.0' resolved to 'circleci\/node@4\.7\.0'\nversion: 2\n/)
    expect(result.plan?.orbs[0]).toMatchObject({
      resolved: 'circleci/node@4.7.0',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })
})

/** The parsed tree as text, order of keys included; `upstream` is optional in output and left out. */
function ordered(yaml: string): string {
  return JSON.stringify(parse(yaml), (key, value) => (key === 'upstream' ? undefined : value))
}

/** Without the banner that `make` put on top, and without the source, which not every compiler appended. */
function withoutSource(yaml: string): string {
  return yaml
    .replace(/^### .*\n/gm, '')
    .split('\n# Original config.yml file:', 1)[0]!
    .trimEnd()
}
