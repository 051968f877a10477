import type { OmittedWorkflow } from '@rondo/model'
import { checkDefinitions } from '../check/definitions.ts'
import { loadMainSpace } from '../orb/load.ts'
import { substitute } from '../template/substitute.ts'
import type { MapEntry, MapNode } from '../tree/node.ts'
import { child, isFailed, isNull, mapNode, scalarNode, typeName } from '../tree/node.ts'
import { unescapeText, unescapeTree } from '../tree/unescape.ts'
import type { ResolveContext, Space } from './context.ts'
import { scopeOf } from './context.ts'
import type { Invocation, ResolvedWorkflow } from './invocation.ts'
import { resolveWorkflow } from './workflow.ts'

/** A config with everything expanded that its kept workflows reach. */
export interface ResolvedConfig {
  readonly setup: boolean
  readonly workflows: readonly ResolvedWorkflow[]
  readonly omitted: readonly OmittedWorkflow[]
}

/** Tree to resolved config (semantics 3, steps 4 to 9). */
export function resolveConfig(
  cx: ResolveContext,
  root: MapNode,
  space: Space = loadMainSpace(cx, root),
): ResolvedConfig {
  if (cx.version !== 2) checkDefinitions(cx, space)
  const entries = workflowEntries(cx, root, space)
  const workflows: ResolvedWorkflow[] = []
  const omitted: OmittedWorkflow[] = []
  for (const entry of entries) {
    const workflow = resolveWorkflow(cx, entry, space)
    if (workflow === undefined) continue
    if ('by' in workflow) omitted.push(workflow)
    else workflows.push(workflow)
  }
  limitEntries(cx, root, workflows)
  return {
    setup: child(root, 'setup') !== undefined && isSetup(cx, root, space, workflows),
    workflows: workflows.map(unescapeWorkflow),
    omitted,
  }
}

function workflowEntries(cx: ResolveContext, root: MapNode, space: Space): readonly MapEntry[] {
  const node = child(root, 'workflows')
  if (node !== undefined && !isNull(node) && node.kind !== 'map') {
    const hint =
      node.kind === 'list' ? 'Take the dashes off: each workflow is a key' : "Write each workflow's name below it"
    const message = `[#/workflows] expected type: Mapping, found: ${typeName(node)}`
    cx.report.error('expected-type', node.span, message, { hint })
    return []
  }
  const entries = node?.kind === 'map' ? [...node.entries.values()].filter((entry) => entry.key !== 'version') : []
  checkWorkflowsVersion(cx, node?.kind === 'map' ? node : undefined)
  return entries.length > 0 || runsNothing(root) ? entries : defaultWorkflow(cx, root, space)
}

/** `jobs` and `workflows` both there and empty: how a continuation ends its pipeline on purpose. */
function runsNothing(root: MapNode): boolean {
  const jobs = child(root, 'jobs')
  return child(root, 'workflows')?.kind === 'map' && jobs?.kind === 'map' && jobs.entries.size === 0
}

/** `workflows.version` is 2 if it is anything; the newer language writes 2.1 there now and then. */
function checkWorkflowsVersion(cx: ResolveContext, workflows: MapNode | undefined): void {
  const version = child(workflows, 'version')
  if (version === undefined && workflows !== undefined && cx.version === 2) warnOfNoVersion(cx, workflows)
  if (version === undefined || (version.kind === 'scalar' && /^2(\.[01])?$/.test(version.text))) return
  cx.report.error('version', version.span, "'version' of workflows must be 2", {
    hint: version.kind === 'map' ? "'version' is reserved here; give the workflow another name" : undefined,
  })
}

/** The newer language does without it; whoever means to write that has taken the wrong version for the file. */
function warnOfNoVersion(cx: ResolveContext, workflows: MapNode): void {
  const at = { ...workflows.span, end: workflows.span.start + 1 }
  cx.report.warn('version', at, "In a config of version 2, 'workflows' needs 'version: 2' too", {
    hint: "Write 'version: 2' below 'workflows:', or 'version: 2.1' at the top",
  })
}

/** Without workflows, the job `build` runs alone in a workflow called `workflow` (semantics 2). */
function defaultWorkflow(cx: ResolveContext, root: MapNode, space: Space): readonly MapEntry[] {
  const build = space.elements.job.get('build')
  const jobs = child(root, 'jobs')
  // What is no map of jobs has been refused as that.
  if (jobs !== undefined && jobs.kind !== 'map' && !isNull(jobs)) return []
  if (build === undefined) {
    const at = root.entries.get('jobs')?.keySpan ?? root.entries.get('version')?.keySpan ?? root.span
    cx.report.error(
      'no-build-job',
      at,
      'Cannot find a job named `build` to run in the `jobs:` section of your configuration file.',
      {
        hint: "If you expected a workflow to run, check your config contains a top-level key called 'workflows:'",
      },
    )
    return []
  }
  const item = scalarNode('build', build.keySpan)
  const entries = { kind: 'list' as const, items: [item], span: build.keySpan, templated: false, escaped: false }
  const workflow = mapNode([{ key: 'jobs', keySpan: build.keySpan, value: entries }], build.keySpan)
  return [{ key: 'workflow', keySpan: build.keySpan, value: workflow }]
}

function limitEntries(cx: ResolveContext, root: MapNode, workflows: readonly ResolvedWorkflow[]): void {
  const count = workflows.reduce((sum, workflow) => sum + workflow.invocations.length, 0)
  if (count <= cx.limits.entries) return
  cx.report.error('limit', root.span, `The workflows hold ${count} jobs; at most ${cx.limits.entries} are allowed`)
}

/** The rules of a setup config (semantics 22). A parameter may decide, in configs that continue with themselves. */
function isSetup(cx: ResolveContext, root: MapNode, space: Space, workflows: readonly ResolvedWorkflow[]): boolean {
  const written = child(root, 'setup')!
  const node = cx.version === 2 ? written : substitute(cx, written, scopeOf(space))
  if (isFailed(node)) return false
  if (node.kind !== 'scalar' || typeof node.value !== 'boolean') {
    // A version 2 file may keep an anchor under this name.
    if (!isNull(node) && cx.version !== 2)
      cx.report.error('setup', node.span, `'setup' must be true or false, found ${typeName(node)}`, {
        hint: 'Write true without quotes, or leave it out',
      })
    return false
  }
  if (!node.value) return false
  if (cx.version === 2) cx.report.error('setup', node.span, "'setup: true' needs version 2.1")
  for (const workflow of workflows) {
    if (workflow.triggers !== undefined)
      cx.report.error('setup', workflow.triggers.span, 'Scheduled workflows are not possible in a setup config')
  }
  return true
}

/** The last step of resolving: `\<<` becomes `<<` everywhere. */
function unescapeWorkflow(workflow: ResolvedWorkflow): ResolvedWorkflow {
  return { ...workflow, invocations: workflow.invocations.map(unescapeInvocation) }
}

/** Most are not, and copying them costs. */
function isEscaped({ name, body, context, filters, requires }: Invocation): boolean {
  const hasEscaped = body?.escaped || context?.escaped || filters?.escaped
  return hasEscaped === true || [name, ...requires.map((item) => item.name)].some((text) => text.includes('\\<<'))
}

function unescapeInvocation(invocation: Invocation): Invocation {
  if (!isEscaped(invocation)) return invocation
  const { body, context, filters } = invocation
  return {
    ...invocation,
    name: unescapeText(invocation.name),
    body: body?.escaped ? (unescapeTree(body) as MapNode) : body,
    steps: body?.escaped
      ? invocation.steps.map((step) => (step.node.escaped ? { ...step, node: unescapeTree(step.node) } : step))
      : invocation.steps,
    context: context === undefined ? undefined : unescapeTree(context),
    filters: filters === undefined ? undefined : unescapeTree(filters),
    requires: invocation.requires.map((item) => ({ ...item, name: unescapeText(item.name) })),
  }
}
