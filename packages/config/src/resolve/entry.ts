import type { NodeType, OriginFrame, Span } from '@rondo/model'
import { didYouMean } from '../did-you-mean.ts'
import { evaluateBareExpression } from '../logic/logic.ts'
import { reportType } from '../plan/expected-type.ts'
import { substitute, substituteKey } from '../template/substitute.ts'
import type { MapEntry, MapNode, Node, ScalarNode } from '../tree/node.ts'
import { child, displayText, isFailed, isNull, stringOf, typeName } from '../tree/node.ts'
import type { ResolveContext, ResolvedStep, Scope } from './context.ts'
import { within } from './context.ts'
import { entryKeys } from './entry-keys.ts'
import type { Invocation, RequirementReference } from './invocation.ts'
import { jobFrame, resolveJob } from './job.ts'
import type { Found, Lookup } from './lookup.ts'
import { findElement, reportMissing } from './lookup.ts'
import type { MatrixRow } from './matrix.ts'
import { expandMatrix, matrixName } from './matrix.ts'
import { readRequires, readUpstream } from './requires.ts'
import { serialGroupKey } from './serial-group.ts'
import { expandSteps } from './steps.ts'

/** A workflow entry as written: the job's name and its attributes. */
export interface RawEntry {
  readonly job: string
  readonly span: Span
  readonly attributes: ReadonlyMap<string, MapEntry>
  /** True when its shape is wrong and reported: only the name is of use. */
  readonly broken?: boolean
}

/** Reads an item of a `jobs` list; undefined when it has no readable shape, which is reported. */
export function readEntry(cx: ResolveContext, item: Node, scope: Scope): RawEntry | undefined {
  const name = item.kind === 'scalar' ? stringOf(item.templated ? substitute(cx, item, scope) : item) : undefined
  if (name !== undefined) return { job: name, span: item.span, attributes: new Map() }
  const entry = item.kind === 'map' ? [...item.entries.values()][0] : undefined
  if (item.kind !== 'map' || entry === undefined) {
    cx.report.error(
      'expected-type',
      item.span,
      `An entry of 'jobs' is a job's name or a map with one key, found ${typeName(item)}`,
      { chain: scope.chain },
    )
    return undefined
  }
  if (item.entries.size > 1) {
    const others = [...item.entries.keys()].slice(1)
    cx.report.error(
      'expected-type',
      item.span,
      `An entry of 'jobs' has exactly one key, found ${[...item.entries.keys()].join(', ')}`,
      {
        chain: scope.chain,
        hint: isNull(entry.value) ? `Indent '${others[0]}' further, so that it stands below '${entry.key}'` : undefined,
      },
    )
    return { job: entry.key, span: entry.keySpan, attributes: new Map(), broken: true }
  }
  if (entry.value.kind !== 'map' && !isNull(entry.value)) {
    cx.report.error(
      'expected-type',
      entry.value.span,
      `The attributes of '${entry.key}' must be a map, found ${typeName(entry.value)}`,
      { chain: scope.chain, hint: attributesHint(entry.value) },
    )
    return { job: entry.key, span: entry.keySpan, attributes: new Map(), broken: true }
  }
  const attributes = entry.value.kind === 'map' ? entry.value.entries : new Map<string, MapEntry>()
  const job = substituteKey(cx, entry, scope)
  return { job: job ?? entry.key, span: entry.keySpan, attributes, ...(job === undefined ? { broken: true } : {}) }
}

function attributesHint(value: Node): string | undefined {
  const text = stringOf(value)
  if (text === 'approval') return "Write 'type: approval' below it"
  return value.kind === 'list'
    ? "Take the dashes off: each line below it is 'key: value'"
    : "Write 'key: value' below it"
}

/** `approval: true`, or `typ: approval` */
function approvalHint({ attributes }: RawEntry): string | undefined {
  const meant = [...attributes.values()].find(({ key, value }) => key === 'approval' || stringOf(value) === 'approval')
  return meant && `Write 'type: approval' in place of '${meant.key}'`
}

export interface EntryPlace {
  readonly workflow: string
  readonly group: string | undefined
  /** Put before every name of a group that is invoked under a name of its own. */
  readonly prefix: string
}

/** Expands one entry that is not a job group: matrix rows, arguments, body, steps around it. */
export function expandEntry(cx: ResolveContext, raw: RawEntry, place: EntryPlace, scope: Scope): readonly Invocation[] {
  if (raw.broken === true) return [placeholder(raw, place, scope)]
  const matrix = raw.attributes.get('matrix')
  if (matrix === undefined) return expandRow(cx, raw, place, scope, undefined, undefined)
  if (stringOf(raw.attributes.get('type')?.value) === 'approval') {
    const hint = 'Write an entry of its own for each approval'
    cx.report.error('matrix', matrix.keySpan, `The approval '${raw.job}' cannot have a matrix`, {
      chain: scope.chain,
      hint,
    })
    return [placeholder(raw, place, scope)]
  }
  const { rows, alias, emptied } = expandMatrix(cx, matrix.value, scope)
  // Emptied by its exclusions, it is absent as an entry is whose filter is false.
  if (emptied) return [{ ...placeholder(raw, place, scope), decided: false }]
  if (rows.length === 0) return [placeholder(raw, place, scope)]
  return rows.flatMap((row) => expandRow(cx, raw, place, scope, row, alias ?? raw.job))
}

/** Stands for an entry that could not be expanded, so that requirements on it raise no second complaint. */
function placeholder(raw: RawEntry, place: EntryPlace, scope: Scope): Invocation {
  return {
    workflow: place.workflow,
    name: place.prefix + (stringOf(raw.attributes.get('name')?.value) ?? raw.job),
    alias: undefined,
    group: place.group,
    looksIn: place.group,
    publicName: undefined,
    type: 'no-op',
    body: undefined,
    steps: [],
    executorMissing: true,
    attributes: raw.attributes,
    requires: [],
    filters: undefined,
    context: undefined,
    serialGroup: undefined,
    key: undefined,
    decided: undefined,
    span: raw.span,
    chain: scope.chain,
  }
}

function expandRow(
  cx: ResolveContext,
  raw: RawEntry,
  place: EntryPlace,
  outer: Scope,
  row: MatrixRow | undefined,
  alias: string | undefined,
): readonly Invocation[] {
  const framed =
    row === undefined ? outer : within(outer, { kind: 'matrix', name: matrixName(raw.job, row), span: raw.span })
  const scope: Scope = { ...framed, matrix: row }
  const get = (key: string): Node | undefined => {
    const entry = raw.attributes.get(key)
    return entry === undefined ? undefined : substitute(cx, entry.value, scope)
  }
  const given = givenName(cx, get('name'), raw, scope)
  const name = place.prefix + (given ?? (row === undefined ? raw.job : matrixName(raw.job, row)))
  const { chain } = within(scope, jobFrame(name, raw.span))
  const base = {
    workflow: place.workflow,
    job: raw.job,
    name,
    alias: alias === undefined ? undefined : place.prefix + alias,
    group: place.group,
    looksIn: place.group,
    publicName: undefined,
    requires: entryRequires(cx, get('requires'), get('upstream'), place.prefix, chain),
    ...entryFilters(cx, raw.attributes.get('filters')?.value, scope),
    context: get('context'),
    serialGroup: serialGroupKey(cx.report, get('serial-group'), chain),
    attributes: raw.attributes,
    span: raw.span,
  }
  const inlineType = readInlineType(cx, get('type'), raw, scope)
  const rest = { body: undefined, steps: [], executorMissing: false, key: undefined, chain: scope.chain }
  if (inlineType === 'approval') {
    checkApprovalName(cx, name, raw, scope)
    return [{ ...base, ...rest, type: 'approval' }]
  }
  if (inlineType !== undefined && inlineType !== 'build') {
    const message = `Only jobs with \`type: approval\` can be defined inline under the \`workflows:\`/\`job-groups:\` section. For \`type: ${inlineType}\`, define the job in the \`jobs:\` section instead.`
    const hint = didYouMean(inlineType, ['approval'])
    cx.report.error('job-type', raw.attributes.get('type')!.value.span, message, { chain: scope.chain, hint })
    return [{ ...base, ...rest, type: 'no-op' }]
  }
  // What cannot be resolved keeps its place, so that requirements on it raise no second complaint.
  const job = resolveEntryJob(cx, raw, name, row, scope)
  return [job === undefined ? { ...base, ...rest, type: 'no-op', unresolved: true } : { ...base, ...job }]
}

/** The `name` of an entry; undefined when it has none, or none that can be used, which is reported. */
function givenName(cx: ResolveContext, node: Node | undefined, raw: RawEntry, scope: Scope): string | undefined {
  if (node === undefined || isNull(node)) return undefined
  const name = node.kind === 'scalar' ? displayText(node) : ''
  if (name.trim() !== '') return name
  const found = node.kind === 'scalar' ? 'an empty text' : typeName(node)
  cx.report.error('name', node.span, `'name' of '${raw.job}' must be a text, found ${found}`, { chain: scope.chain })
  return undefined
}

function readInlineType(cx: ResolveContext, node: Node | undefined, raw: RawEntry, scope: Scope): string | undefined {
  if (node === undefined || isNull(node)) return undefined
  const place = { report: cx.report, what: '', chain: scope.chain }
  return stringOf(node) ?? reportType(place, `'type' of '${raw.job}'`, node, 'String')
}

/** Compiled output keeps the statuses of requirements apart, in `upstream` (semantics 23.6). */
function entryRequires(
  cx: ResolveContext,
  node: Node | undefined,
  upstream: Node | undefined,
  prefix: string,
  chain: Scope['chain'],
): readonly RequirementReference[] {
  const statuses = new Map(
    cx.version === 2 ? readUpstream(cx.report, upstream, chain).map((item) => [item.name, item]) : [],
  )
  return readRequires(cx.report, node, chain).map((item) => {
    const { statusNode, statuses: wanted } = statuses.get(item.name) ?? item
    return {
      name: prefix + item.name,
      statuses: wanted,
      span: item.span,
      ...(statusNode === undefined ? {} : { statusNode }),
    }
  })
}

/** Documentation forbids it (semantics 18.6), configs that the editor's own tests call valid do it: told of, and taken. */
function checkApprovalName(cx: ResolveContext, name: string, raw: RawEntry, scope: Scope): void {
  if (!scope.space.elements.job.has(name)) return
  cx.report.warn('duplicate-name', raw.span, `The approval '${name}' carries the name of a job`, {
    chain: scope.chain,
    hint: 'Give the approval another name',
  })
}

/** A map is kept for the conductor; a string is an expression and decided now (semantics 19). */
export function entryFilters(
  cx: ResolveContext,
  node: Node | undefined,
  scope: Scope,
): { filters: Node | undefined; decided: boolean | undefined } {
  if (node === undefined || isNull(node)) return { filters: undefined, decided: undefined }
  if (stringOf(node) === undefined) return { filters: substitute(cx, node, scope), decided: undefined }
  return { filters: undefined, decided: evaluateBareExpression(cx, node as ScalarNode, scope) ?? true }
}

function resolveEntryJob(cx: ResolveContext, raw: RawEntry, name: string, row: MatrixRow | undefined, outer: Scope) {
  const scope = within(outer, jobFrame(name, raw.span))
  const found = findJob(cx, raw, scope)
  if (found === 'silent') return undefined
  if (found === undefined) {
    reportMissing(cx, 'job', raw.job, raw.span, outer, approvalHint(raw))
    return undefined
  }
  const job = resolveJob(cx, {
    found,
    name: raw.job,
    given: argumentEntries(cx, raw, row),
    preSteps: extraSteps(cx, raw, 'pre-steps', scope),
    postSteps: extraSteps(cx, raw, 'post-steps', scope),
    caller: scope,
    nameSpan: raw.span,
  })
  if (job === undefined) return undefined
  if (cx.version !== 2) cx.budget.addJob(name, job.steps, raw.span)
  const type = jobType(cx, job.body, found)
  if (type === undefined) return undefined
  return {
    type,
    body: job.body,
    steps: job.steps,
    definedAt: found.definition.keySpan,
    executorMissing: job.executorMissing,
    inherited: job.inherited,
    key: stringOf(child(job.body, 'key')),
    chain: scope.chain,
  }
}

/** `override-with` names an orb job to run instead; without it the local job is used, silently (semantics 21.6). */
function findJob(cx: ResolveContext, raw: RawEntry, scope: Scope): Lookup {
  const name = overrideName(cx, raw, scope)
  const replacement = name === undefined ? undefined : findElement('job', name, scope.space)
  return replacement === undefined || replacement === 'silent' ? findElement('job', raw.job, scope.space) : replacement
}

function overrideName(cx: ResolveContext, raw: RawEntry, scope: Scope): string | undefined {
  const override = raw.attributes.get('override-with')
  if (override === undefined || isNull(override.value)) return undefined
  const value = substitute(cx, override.value, scope)
  const name = stringOf(value)
  if (isFailed(value) || (name !== undefined && /^[^/]+\/[^/]+$/.test(name))) return name
  const message = `'override-with' names a job of an orb, found ${name === undefined ? typeName(value) : `'${name}'`}: '${raw.job}' is not overridden`
  const hint = "Write 'orb/job', with the orb's name under 'orbs:'"
  cx.report.warn('invalid-value', override.value.span, message, { chain: scope.chain, hint })
  return undefined
}

function argumentEntries(cx: ResolveContext, raw: RawEntry, row: MatrixRow | undefined): readonly MapEntry[] {
  const given = new Map(
    [...raw.attributes].filter(([key]) => !entryKeys.has(key) && !(cx.version === 2 && key === 'upstream')),
  )
  const parameters = child(raw.attributes.get('matrix')?.value, 'parameters')
  const axes = parameters?.kind === 'map' ? parameters.entries : undefined
  for (const [key, value] of row ?? []) {
    const twice = given.get(key)
    if (twice !== undefined) {
      const message = `'${key}' is given beside the matrix and in it; the matrix counts`
      cx.report.warn('matrix', twice.keySpan, message, { hint: `Remove '${key}' here` })
    }
    given.set(key, { key, keySpan: axes?.get(key)?.keySpan ?? value.span, value })
  }
  return [...given.values()]
}

function extraSteps(
  cx: ResolveContext,
  raw: RawEntry,
  key: 'pre-steps' | 'post-steps',
  scope: Scope,
): readonly ResolvedStep[] {
  const entry = raw.attributes.get(key)
  if (entry === undefined) return []
  const frame: OriginFrame = { kind: key, name: key, span: entry.keySpan }
  return expandSteps(cx, entry.value, within(scope, frame))
}

const jobTypes: readonly NodeType[] = ['build', 'approval', 'no-op', 'release', 'lock', 'unlock']

/** The type of a job; undefined when it is none, which is reported. */
export function jobType(
  cx: Pick<ResolveContext, 'report'>,
  body: MapNode,
  found: Pick<Found, 'definition'>,
): NodeType | undefined {
  const node = child(body, 'type')
  if (node === undefined) return 'build'
  const text = stringOf(node)
  const type = jobTypes.find((candidate) => candidate === text)
  if (type === undefined) {
    const shown = text ?? typeName(node)
    cx.report.error(
      'job-type',
      node.span,
      `Invalid job type '${shown}'. Allowed types: ${[...jobTypes].sort().join(', ')}`,
    )
  }
  if (type !== undefined && type !== 'build' && child(found.definition.node, 'steps') !== undefined) {
    cx.report.warn('job-type', node.span, 'Steps only exist in `build` jobs. Steps here will be ignored.')
  }
  return type
}
