import type { Origin } from '@rondo/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { emitYaml } from './output/emit-yaml.ts'
import { compileText, workflowOf } from './testing/compile-text.ts'
import { scalarNode } from './tree/node.ts'

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)
const text = fc.string({ maxLength: 20 }).filter((value) => !value.includes('<<'))
const step = fc.oneof(
  fc.constant('checkout' as const),
  text.map((command) => ({ run: { command } })),
  word.map((name) => ({ run: `echo ${name}` })),
)

/** A config with a few commands and jobs; each job requires some of those before it. */
const config = fc
  .record({
    commands: fc.dictionary(word, fc.array(step, { minLength: 1, maxLength: 3 }), { maxKeys: 3 }),
    jobs: fc.uniqueArray(word, { minLength: 1, maxLength: 12 }),
    steps: fc.array(step, { maxLength: 4 }),
    picks: fc.array(fc.nat(), { maxLength: 12 }),
  })
  .map(({ commands, jobs, steps, picks }) => ({
    version: 2.1,
    commands: Object.fromEntries(Object.entries(commands).map(([name, body]) => [`c-${name}`, { steps: body }])),
    jobs: Object.fromEntries(jobs.map((name, index) => [name, job(steps, Object.keys(commands), index)])),
    workflows: { w: { jobs: jobs.map((name, index) => entry(name, jobs.slice(0, index), picks[index])) } },
  }))

function job(steps: readonly unknown[], commands: readonly string[], index: number) {
  const command = commands[index % Math.max(1, commands.length)]
  return {
    docker: [{ image: `img:${index}` }],
    environment: { N: index },
    steps: command === undefined ? steps : [...steps, `c-${command}`],
  }
}

function entry(name: string, before: readonly string[], pick: number | undefined) {
  const required = pick === undefined || before.length === 0 ? undefined : before[pick % before.length]
  return required === undefined ? name : { [name]: { requires: [required] } }
}

describe('compiling', () => {
  it('gives the same result every time', () => {
    fc.assert(
      fc.property(config, (value) => {
        const source = JSON.stringify(value)

        expect(compileText(source)).toEqual(compileText(source))
      }),
      { numRuns: 50 },
    )
  })

  it('a compiled config changes nothing', () => {
    fc.assert(
      fc.property(config, (value) => {
        const first = compileText(JSON.stringify(value))
        expect(first.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])

        const second = compileText(first.output!)

        expect(parse(second.output!)).toEqual(parse(first.output!))
        expect(withoutOrigins(second.plan)).toEqual(withoutOrigins(first.plan))
      }),
      { numRuns: 100 },
    )
  })

  it('gives every job and step a span that covers exactly what made it', () => {
    fc.assert(
      fc.property(config, (value) => {
        const source = JSON.stringify(value)
        const written = ({ span }: Origin): unknown => JSON.parse(source.slice(span.start, span.end))
        const steps = new Set(
          [...Object.values(value.jobs), ...Object.values(value.commands)].flatMap((element) =>
            element.steps.map((item) => JSON.stringify(item)),
          ),
        )

        const { plan } = compileText(source)

        for (const job of Object.values(plan!.jobs)) {
          expect(written(job.origin)).toEqual(value.jobs[job.name])
          for (const { origin } of job.steps) expect(steps).toContain(JSON.stringify(written(origin)))
        }
      }),
      { numRuns: 50 },
    )
  })

  it('a renamed command changes nothing', () => {
    fc.assert(
      fc.property(config, (value) => {
        const source = JSON.stringify(value)

        const renamed = compileText(source.replaceAll('"c-', '"renamed-'))

        expect(withoutOrigins(renamed.plan)).toEqual(withoutOrigins(compileText(source).plan))
      }),
      { numRuns: 50 },
    )
  })

  it('makes as many jobs of a matrix as the product less the exclusions', () => {
    const values = fc.uniqueArray(word, { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(values, values, fc.nat(6), (xs, ys, wanted) => {
        const rows = xs.flatMap((x) => ys.map((y) => ({ x, y })))
        const exclude = rows.slice(0, Math.min(wanted, rows.length - 1))
        const matrix = { parameters: { x: xs, y: ys }, ...(exclude.length > 0 ? { exclude } : {}) }
        const parameters = { x: { type: 'string' }, y: { type: 'string' } }
        const body = { parameters, docker: [{ image: 'a' }], steps: [{ run: '<< parameters.x >>-<< parameters.y >>' }] }

        const workflow = workflowOf(
          JSON.stringify({ version: 2.1, jobs: { m: body }, workflows: { w: { jobs: [{ m: { matrix } }] } } }),
        )

        expect(workflow.jobs).toHaveLength(rows.length - exclude.length)
      }),
      { numRuns: 100 },
    )
  })
})

it('emitted text reads back as what it was', () => {
  const span = { file: 'f', start: 0, end: 0 }
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\t', ':', '#', '-', "'", '"', '|', '1', '~') }),
  )
  fc.assert(
    fc.property(anyText, (value) => {
      expect(parse(emitYaml(scalarNode(value, span)))).toBe(value)
    }),
    { numRuns: 1_000 },
  )
})

function withoutOrigins(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (key === 'origin' ? undefined : inner)))
}
