import type { Origin, OriginFrame, Plan, Span, Step } from '@rondo/model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMap, isScalar, parseDocument, stringify } from 'yaml'
import type { CompileOptions } from './compile.ts'
import { compile } from './compile.ts'
import { explainPlan } from './explain/explain.ts'
import type { PlanPlace } from './explain/plan-places.ts'
import { builtinStepName } from './plan/builtin-steps.ts'
import {
  hasReference,
  orbSource,
  pipelineValues,
  readReference,
  referenceFiles,
  referenceOrbs,
} from './reference/reference-folder.ts'

const name = 'config.yml'

/** Compiles and looks at every node of the plan; gives what its place does not cover, and how many nodes there are. */
function misplaced(source: string, options: CompileOptions, orbs: ReadonlyMap<string, string> = new Map()) {
  const { plan, places } = compile(source, { ...options, file: name, places: true })
  if (plan === undefined) return { nodes: 0, wrong: [] }
  const sources = new Map([[name, source], ...orbs])
  const checks = nodesOf(plan)
  const wrong = checks.flatMap(({ what, origin, covers }) => {
    const texts = [origin, ...origin.chain].map(({ span }) => textAt(sources, span))
    if (texts.includes(undefined)) return [`${what}: a place outside of its source`]
    const frame = origin.chain.find((each) => !coversFrame(each, textAt(sources, each.span)!))
    if (frame !== undefined) return [`${what}: '${textAt(sources, frame.span)}' is not ${frame.kind} ${frame.name}`]
    return covers(textAt(sources, origin.span)!) ? [] : [`${what}: at '${textAt(sources, origin.span)?.slice(0, 80)}'`]
  })
  const unplaced = JSON.stringify(explainPlan(plan, sources, places)).match(/"place":\{"file":"[^"]*"\}/g) ?? []
  return { nodes: checks.length, wrong: [...wrong, ...unplaced, ...misplacedParts(plan, places ?? [], sources)] }
}

/** What the places of a plan lack: a place for every node, inside of a source, that shows the value or made it. */
function misplacedParts(plan: Plan, places: readonly PlanPlace[], sources: ReadonlyMap<string, string>) {
  const nodes = new Map(partsOf(plan, []).map(({ path, value }) => [JSON.stringify(path), value]))
  const placed = new Set(places.map(({ path }) => JSON.stringify(path)))
  const without = [...nodes.keys()].filter((path) => !placed.has(path)).map((path) => `${path} has no place`)
  const wrong = places.flatMap(({ path, origin }) => {
    const key = JSON.stringify(path)
    if (!nodes.has(key)) return [`${key} is no node of the plan`]
    const texts = [origin, ...origin.chain].map(({ span }) => textAt(sources, span))
    if (texts.includes(undefined)) return [`${key}: a place outside of its source`]
    const value = nodes.get(key)
    return typeof value !== 'string' || shows(texts[0]!, path, value) ? [] : [`${key}: '${value}' at '${texts[0]}'`]
  })
  return placed.size === places.length ? [...without, ...wrong] : ['a node has two places', ...without, ...wrong]
}

function partsOf(value: unknown, path: PlanPlace['path']): readonly { path: PlanPlace['path']; value: unknown }[] {
  const inner = Array.isArray(value) ? [...value.entries()] : isRecord(value) ? Object.entries(value) : []
  return [{ path, value }, ...inner.flatMap(([key, part]) => (key === 'origin' ? [] : partsOf(part, [...path, key])))]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Names and kinds that a text stands for without holding them: they are made of the entry, the step or a default. */
const made = new Set(['name', 'job', 'type', 'node', 'statuses', 'method', 'when', 'digest', 'reference', 'resolved'])

/** Whether a text holds a value, folded, quoted or escaped as it may be; or a template or alias it came from. */
function shows(text: string, path: PlanPlace['path'], value: string): boolean {
  if (path.some((key) => made.has(String(key))) || /<<|^\s*[*&!]/.test(text)) return true
  // An entry whose expression filter is true runs on every branch and tag.
  if (path.includes('filters') && value === '/.*/') return true
  // Numbers and booleans reach the environment in a form of their own.
  return bare(text).includes(bare(value)) || !Number.isNaN(Number(value))
}

function bare(text: string): string {
  return text.replaceAll(/\\[nrt]|[\s"'\\]/g, '')
}

interface Check {
  readonly what: string
  readonly origin: Origin
  /** Whether a text, indented as in the source, is what made the node. */
  readonly covers: (text: string) => boolean
}

function nodesOf(plan: Plan): readonly Check[] {
  const workflows = plan.workflows.flatMap((workflow) => [
    { what: `workflow ${workflow.name}`, origin: workflow.origin, covers: (text: string) => word(text) !== undefined },
    ...workflow.jobs.map((node) => ({
      what: `node ${node.name}`,
      origin: node.origin,
      covers: (text: string) => word(text) !== undefined && inOrder(node.origin.chain, ['workflow']),
    })),
  ])
  const jobs = Object.values(plan.jobs).flatMap((job) => [
    {
      what: `job ${job.name}`,
      origin: job.origin,
      covers: (text: string) => keys(text).length > 0 && inOrder(job.origin.chain, ['workflow', 'job']),
    },
    ...job.steps.map((step, index) => ({
      what: `step ${index} of ${job.name}`,
      origin: step.origin,
      covers: (text: string) => coversStep(step, text) && begins(step.origin.chain, job.origin.chain),
    })),
  ])
  return [...workflows, ...jobs]
}

function inOrder(chain: readonly OriginFrame[], kinds: readonly OriginFrame['kind'][]): boolean {
  const found = chain.map(({ kind }) => kind)
  return kinds.every((kind, index) => found.indexOf(kind) >= (index === 0 ? 0 : found.indexOf(kinds[index - 1]!) + 1))
}

function begins(chain: readonly OriginFrame[], start: readonly OriginFrame[]): boolean {
  return start.every((frame, index) => chain[index] === frame)
}

/** The text of a span, with blanks before it as in its line; undefined when there is no such place. */
function textAt(sources: ReadonlyMap<string, string>, { file, start, end }: Span): string | undefined {
  const source = sources.get(file)
  if (source === undefined || start < 0 || start >= end || end > source.length) return undefined
  const column = start - (source.lastIndexOf('\n', start - 1) + 1)
  return ' '.repeat(column) + source.slice(start, end)
}

const contents = (text: string) =>
  parseDocument(text, { version: '1.1', schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' }).contents

function word(text: string): string | undefined {
  const node = contents(text)
  return isScalar(node) ? String(node.value) : undefined
}

/** Keys of a map; `*` for an alias that stands in its place. */
function keys(text: string): readonly string[] {
  const node = contents(text)
  return isMap(node) ? node.items.map(({ key }) => (isScalar(key) ? String(key.value) : '*')) : []
}

function coversFrame(frame: OriginFrame, text: string): boolean {
  if (
    frame.kind === 'workflow' ||
    frame.kind === 'command' ||
    frame.kind === 'pre-steps' ||
    frame.kind === 'post-steps'
  )
    return word(text) === frame.name || frame.name === 'workflow'
  return word(text) !== undefined || keys(text).length > 0
}

/** Whether a text is a step's name, or a map with it as only key; or one that merges another. */
function coversStep(step: Step, text: string): boolean {
  const type = step.type === 'run' && step.deploy === true ? 'deploy' : step.type
  const found = word(text) ?? (keys(text).length === 1 ? keys(text)[0] : undefined)
  if (found === undefined || found === '<<') return found === '<<'
  if (step.type === 'unsupported') return found === step.keyword
  if (builtinStepName(found) !== type) return false
  // Without templates the command stands there as it is.
  return (
    step.type !== 'run' || step.command.includes('\n') || !/^\s*run: [\w ]+$/.test(text) || text.endsWith(step.command)
  )
}

describe.runIf(hasReference)('of every node of the plan the source map knows the place, in', () => {
  const orbs = referenceOrbs()
  const sources = new Map(orbs.map((orb) => [`${orb.name}@${orb.version}`, orb.source]))
  const options = { pipelineValues, orbs: orbSource(orbs) }

  it.each(['real', 'golden', 'cases/docs-snippets'])('%s', (folder) => {
    const found = referenceFiles(folder).map((path) => misplaced(readReference(`${folder}/${path}`), options, sources))

    expect(found.flatMap(({ wrong }) => wrong)).toEqual([])
    expect(found.reduce((sum, { nodes }) => sum + nodes, 0)).toBeGreaterThan(100)
  })

  it('usage examples of orbs, whose steps are places in the orbs', () => {
    const found = orbs.flatMap((orb) => usages(orb.source).map((usage) => misplaced(usage, options, sources)))

    expect(found.flatMap(({ wrong }) => wrong)).toEqual([])
    expect(found.reduce((sum, { nodes }) => sum + nodes, 0)).toBeGreaterThan(100)
  })
})

function usages(orb: string): readonly string[] {
  const examples: unknown = parseDocument(orb, { version: '1.1', merge: true, logLevel: 'silent' }).toJS()?.examples
  return Object.values((examples ?? {}) as Record<string, { usage?: unknown }>).map(({ usage }) => stringify(usage))
}

const identifier = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/)
/** Texts with what a config has: anchors used again, merge keys, conditions, matrices, commands of an orb of its own. */
const generated = fc
  .record({
    words: fc.array(identifier, { minLength: 1, maxLength: 4 }),
    rows: fc.uniqueArray(identifier, { minLength: 1, maxLength: 4 }),
    flow: fc.boolean(),
    indent: fc.constantFrom(2, 3, 4),
    ends: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ words, rows, flow, indent, ends }) => {
    const shared = { run: { command: `echo ${words[0]}` } }
    const says = words.map((each) => ({ 'o/say': { to: each } }))
    const config = {
      version: 2.1,
      base: [shared],
      orbs: {
        o: {
          commands: { say: { parameters: { to: { type: 'string' } }, steps: [{ run: 'echo << parameters.to >>' }] } },
        },
      },
      commands: {
        twice: { parameters: { s: { type: 'steps' } }, steps: [shared, { steps: '<< parameters.s >>' }, shared] },
      },
      jobs: {
        m: {
          parameters: { v: { type: 'string' } },
          docker: [{ image: 'a' }],
          steps: ['checkout', shared, { when: { condition: true, steps: [{ twice: { s: says } }, ...says] } }],
        },
      },
      workflows: {
        w: {
          jobs: [
            { hold: { type: 'approval' } },
            { m: { matrix: { parameters: { v: rows } }, 'pre-steps': [shared, 'checkout'] } },
          ],
        },
      },
    }
    const text = stringify(config, { version: '1.1', indent, ...(flow ? { collectionStyle: 'flow' as const } : {}) })
    return `# ${words.join(' ')}\n${text}`.replaceAll('\n', ends)
  })

describe('of every node of the plan the source map knows the place', () => {
  it('in generated configs, with anchors, matrix rows and orbs of their own', () => {
    fc.assert(
      fc.property(generated, (source) => {
        const { nodes, wrong } = misplaced(source, { pipelineValues: {} })

        expect(wrong).toEqual([])
        expect(nodes).toBeGreaterThan(8)
      }),
      { numRuns: 40 },
    )
  })

  it('and the way there: matrix row, job, commands, orb', () => {
    const source = `version: 2.1
orbs: {o: {commands: {c: {steps: [checkout]}}}}
jobs: {m: {parameters: {v: {type: string}}, docker: [{image: a}], steps: [o/c]}}
workflows: {w: {jobs: [{m: {matrix: {parameters: {v: [x, y]}}}}]}}
`
    const { plan } = compile(source, { pipelineValues: {}, file: name })

    const ways = Object.values(plan!.jobs).map(({ steps }) =>
      steps[0]?.origin.chain.map((frame) => `${frame.kind} ${frame.name}`),
    )

    expect(ways).toEqual([
      ['workflow w', 'matrix m-x', 'job m-x', 'command o/c'],
      ['workflow w', 'matrix m-y', 'job m-y', 'command o/c'],
    ])
  })
})
