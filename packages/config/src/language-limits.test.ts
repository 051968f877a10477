import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defaultLimits } from './limits.ts'
import { compileText, errorsOf, withSteps } from './testing/compile-text.ts'

const job = 'docker: [{image: a}], steps: [checkout]'
const workflow = (entries: string, rest = '') =>
  `version: 2.1\njobs: {a: {${job}}}\n${rest}\nworkflows: {w: {jobs: [${entries}]}}`
const when = (condition: string) => `version: 2.1\njobs: {a: {${job}}}\nworkflows: {w: {when: ${condition}, jobs: [a]}}`
const list = (count: number, item: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => item(i)).join(', ')
const run = (keys: string) => withSteps(`- run: {command: x, ${keys}}`)
const minutes = (count: number) => run(`max_auto_reruns: 1, auto_rerun_delay: ${count}m`)
const aliases = (count: number) =>
  `version: 2.1\njobs: {j0: {${job}}, ${list(count, (i) => `j${i + 1}: j${i}`)}}\nworkflows: {w: {jobs: [j${count}]}}`
const url = (count: number) =>
  `version: 2.1\norbs: {${list(count, (i) => `o${i}: "https://orbs.example/${i}"`)}}\njobs: {build: {${job}}}`
const label = (count: number) => `version: 2.1\norbs: {o: "a/b@dev:${'x'.repeat(count)}"}\njobs: {build: {${job}}}`
const matches = (pattern: string) => when(`{matches: {pattern: '${pattern}', value: x}}`)

const orbs = {
  resolve: (name: string) => ({
    source: `version: 2.1\ncommands: {c: {steps: [checkout]}}`,
    resolved: name,
    digest: '',
  }),
}

/** What the language allows, the number itself, and a config that holds as many of it. */
const rows: readonly (readonly [what: string, most: number, source: (count: number) => string, refusal: RegExp])[] = [
  [
    'contexts of a config',
    100,
    (n) => workflow(`a: {context: [${list(n, (i) => `c${i}`)}]}`),
    /at most 100 are allowed/,
  ],
  [
    'characters of a serial group',
    512,
    (n) => workflow(`a: {serial-group: ${'k'.repeat(n)}}`),
    /at most 512 are allowed/,
  ],
  ['orbs by their addresses', defaultLimits.urlOrbs, url, /more than 50 orbs by their addresses/],
  ['characters of a label of a dev version', 1_023, label, /is not an orb reference/],
  ['names that stand for other names', 20, aliases, /^limit: job '\w+' stands for another name more than 20 times$/],
  [
    'characters of a pattern in an expression',
    256,
    (n) => when(`pipeline.git.branch matches /${'x'.repeat(n)}/`),
    /limit is 256/,
  ],
  ['characters of a pattern of a logic statement', 4_096, (n) => matches('x'.repeat(n)), /longer than 4096 characters/],
  ['groups inside groups of a pattern', 99, (n) => matches(`${'('.repeat(n)}x${')'.repeat(n)}`), /cannot be used/],
  ['repetitions of a pattern', 1_000, (n) => matches(`x{${n}}`), /cannot be used/],
  [
    'parentheses inside parentheses of an expression',
    199,
    (n) => when(`"${'('.repeat(n)}true${')'.repeat(n)}"`),
    /expression/,
  ],
  ['parallelism', 10_000, (n) => `version: 2.1\njobs: {build: {${job}, parallelism: ${n}}}`, /between 1 and 10000/],
  ['automatic reruns of a step', 5, (n) => run(`max_auto_reruns: ${n}`), /between 1 and 5/],
  ['automatic reruns of a workflow', 5, (n) => when(`true, max_auto_reruns: ${n}`), /between 1 and 5/],
  ['minutes before a rerun', 10, minutes, /must not exceed 10 minutes/],
  [
    'days a cache is kept',
    30,
    (n) => `version: 2.1\njobs: {build: {${job}, retention: {caches: ${n}d}}}`,
    /does not match pattern/,
  ],
]

describe('of what the language limits, as many as allowed pass and one more does not:', () => {
  it.each(rows)('%s, %i [S-27]', (_, most, source, refusal) => {
    expect(errorsOf(source(most), { orbs })).toEqual([])
    expect(errorsOf(source(most + 1), { orbs })).toEqual([expect.stringMatching(refusal)])
  })

  it('the largest number of an expression, 2^63 - 1', () => {
    expect(errorsOf(when('9223372036854775807 > 1'))).toEqual([])
    expect(errorsOf(when('9223372036854775808 > 1'))).toEqual([expect.stringMatching(/Invalid numeric literal/)])
  })

  it('values made by expansion [S-27]', () => {
    const source = withSteps(
      '- c\n- c\n- run: "<< pipeline.number >>."',
      'commands: {c: {steps: [checkout, {run: x}]}}',
    )
    const passes = (expandedNodes: number) => errorsOf(source, { limits: { expandedNodes } }).length === 0
    const needed = Array.from({ length: 1_000 }, (_, count) => count).find(passes)!

    expect(needed).toBeGreaterThan(5)
    expect(passes(needed)).toBe(true)
    expect(errorsOf(source, { limits: { expandedNodes: needed - 1 } })).toEqual([
      expect.stringMatching(/^limit: Expansion makes more than \d+ values; it was stopped here/),
    ])
  })

  it('a text that templates make [S-27]', () => {
    const limits = { outputCharacters: 1_000 }
    const step = (length: number) =>
      withSteps(
        `- c: {p: ${'x'.repeat(length)}}`,
        'commands: {c: {parameters: {p: {type: string}}, steps: [{run: "<< parameters.p >>y"}]}}',
      )

    const texts = (length: number) =>
      errorsOf(step(length), { limits }).filter((error) => /Templates make a text/.test(error))

    expect(texts(999)).toEqual([])
    expect(texts(1_000)).toHaveLength(1)
  })
})

it('the page about limits states each of them as it is', () => {
  const page = readFileSync(new URL('../../../docs/config-limits.md', import.meta.url), 'utf8')
  const stated = new Map(
    [...page.matchAll(/^\| (.+?) \| ([\d,]+) /gm)].map(([, what, most]) => [what!, Number(most!.replaceAll(',', ''))]),
  )

  expect(Object.fromEntries([...stated].filter(([what]) => rows.some((row) => row[0] === what)))).toEqual(
    Object.fromEntries(rows.map(([what, most]) => [what, most])),
  )
  expect([...stated.values()]).toEqual(expect.arrayContaining(Object.values(defaultLimits)))
})

it('a mistake beyond the limits is still told with its place', () => {
  const { diagnostics } = compileText(workflow(`a: {context: [${list(101, (i) => `c${i}`)}]}`))

  expect(diagnostics[0]).toMatchObject({ code: 'limit', span: { start: expect.any(Number) } })
})
