import type { OriginFrame } from '@rondo/model'
import { substitute } from '../template/substitute.ts'
import type { MapEntry, MapNode, Node } from '../tree/node.ts'
import { child, isNull, listNode, mapNode, mapOf, scalarNode, stringOf, typeName } from '../tree/node.ts'
import { bindArguments } from './bind.ts'
import type { ResolveContext, ResolvedJob, ResolvedStep, Scope } from './context.ts'
import { environmentEntries, environmentList } from './environment.ts'
import type { ResolvedExecutor } from './executor.ts'
import { resolveExecutor } from './executor.ts'
import type { Found } from './lookup.ts'
import { readDeclarations } from './parameters.ts'
import { expandSteps } from './steps.ts'

/** Keys of a job that never reach the compiled output. */
const compileTimeKeys = new Set(['parameters', 'description', 'executor'])

export interface JobCall {
  readonly found: Found
  /** The name the entry uses, prefixed for orb jobs. */
  readonly name: string
  readonly given: readonly MapEntry[]
  readonly preSteps: readonly ResolvedStep[]
  readonly postSteps: readonly ResolvedStep[]
  /** The entry's scope, its chain already naming this job. */
  readonly caller: Scope
  readonly nameSpan: MapEntry['keySpan']
}

/** Compiles one invocation of a job (semantics 3, 7.c-g and 10). Undefined when the job is not even a map. */
export function resolveJob(cx: ResolveContext, call: JobCall): ResolvedJob | undefined {
  const { definition, space } = call.found
  const node = definition.node
  if (node.kind !== 'map') {
    cx.report.error(
      'expected-type',
      definition.keySpan,
      `Job '${definition.name}' must be a map, found ${typeName(node)}`,
    )
    return undefined
  }
  const parameters = bindArguments(cx, {
    declarations: readDeclarations(cx, child(node, 'parameters'), `job '${definition.name}'`),
    given: call.given,
    caller: call.caller,
    callee: space,
    what: `Job '${call.name}'`,
    span: call.nameSpan,
    isEntry: true,
    expandSteps,
  })
  const scope: Scope = { space, parameters, matrix: undefined, chain: call.caller.chain }
  const steps = [...call.preSteps, ...jobSteps(cx, node, scope), ...call.postSteps]
  const own = jobEntries(cx, node, steps, scope)
  const executorNode = child(node, 'executor')
  const executor = executorNode === undefined ? undefined : resolveExecutor(cx, executorNode, scope)
  const body = hoistMachineKeys(mergeExecutor(cx, executor, own, { place: node, scope }))
  return {
    body,
    steps,
    chain: scope.chain,
    executorMissing: executorNode !== undefined && executor === undefined,
    inherited: executor === undefined ? undefined : { ...executor, own: node },
  }
}

function jobSteps(cx: ResolveContext, node: MapNode, scope: Scope): readonly ResolvedStep[] {
  const steps = child(node, 'steps')
  const type = stringOf(child(node, 'type'))
  if (steps === undefined || (type !== undefined && type !== 'build')) return []
  return expandJobSteps(cx, steps, scope)
}

function expandJobSteps(cx: ResolveContext, steps: Node, scope: Scope): readonly ResolvedStep[] {
  if (isNull(steps)) {
    cx.report.error('expected-type', steps.span, "'steps' must be a list, found Null", {
      chain: scope.chain,
      hint: "Indent the steps below it, each with a dash: '- checkout'",
    })
    return []
  }
  return expandSteps(cx, steps, scope)
}

function jobEntries(
  cx: ResolveContext,
  node: MapNode,
  steps: readonly ResolvedStep[],
  scope: Scope,
): readonly MapEntry[] {
  const entries: MapEntry[] = []
  for (const entry of node.entries.values()) {
    if (compileTimeKeys.has(entry.key)) continue
    if (entry.key === 'steps') entries.push({ ...entry, value: stepList(steps, entry.value) })
    else entries.push({ ...entry, value: substitute(cx, entry.value, scope) })
  }
  if (!node.entries.has('steps') && steps.length > 0) {
    entries.push({ key: 'steps', keySpan: node.span, value: stepList(steps, node) })
  }
  return entries
}

function stepList(steps: readonly ResolvedStep[], place: Node): Node {
  return listNode(
    steps.map((step) => step.node),
    place.span,
  )
}

/** The job's keys over the executor's, entirely; only `environment` is joined (semantics 10). */
function mergeExecutor(
  cx: ResolveContext,
  executor: ResolvedExecutor | undefined,
  own: readonly MapEntry[],
  { place, scope }: { readonly place: Node; readonly scope: Scope },
): MapNode {
  const entries = new Map<string, MapEntry>()
  for (const entry of executor?.body.entries.values() ?? [])
    if (entry.key !== 'environment') entries.set(entry.key, entry)
  for (const entry of own) entries.set(entry.key, entry)
  const inherited = child(executor?.body, 'environment')
  const ownEnvironment = entries.get('environment')
  if (inherited !== undefined || ownEnvironment !== undefined) {
    const joined = [
      ...environmentEntries(cx.report, inherited, executor?.chain ?? []),
      ...environmentEntries(cx.report, ownEnvironment?.value, scope.chain),
    ]
    const at = ownEnvironment?.value ?? inherited!
    entries.set('environment', {
      key: 'environment',
      keySpan: ownEnvironment?.keySpan ?? at.span,
      value: environmentList(joined, at),
    })
  }
  return mapOf(entries, place.span)
}

/** `resource_class` and `shell` written inside `machine` or `macos` belong to the job. */
function hoistMachineKeys(body: MapNode): MapNode {
  return hoistFrom('macos', hoistFrom('machine', body))
}

function hoistFrom(key: 'machine' | 'macos', body: MapNode): MapNode {
  const machine = body.entries.get(key)
  if (machine?.value.kind !== 'map') return body
  const inner = machine.value.entries
  const moved = ['resource_class', 'shell'].flatMap((name) => inner.get(name) ?? [])
  if (moved.length === 0) return body
  const rest = [...inner.values()].filter((entry) => !moved.includes(entry))
  const { span } = machine.value
  const entries = new Map(body.entries)
  entries.set(key, { ...machine, value: rest.length === 0 ? scalarNode(true, span) : mapNode(rest, span) })
  for (const entry of moved) if (!entries.has(entry.key)) entries.set(entry.key, entry)
  return mapOf(entries, body.span)
}

export function jobFrame(name: string, span: MapEntry['keySpan']): OriginFrame {
  return { kind: 'job', name, span }
}
