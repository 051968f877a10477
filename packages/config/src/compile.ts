import type { Plan, Span } from '@rondo/model'
import type { DefinedJobs, LinkedWorkflow } from './check/link.ts'
import { linkWorkflow } from './check/link.ts'
import { checkRootKeys } from './check/root-keys.ts'
import { checkSetupWorkflows } from './check/surprises/setup-workflows.ts'
import { checkSurprises } from './check/surprises/surprises.ts'
import type { UnusedAnchor } from './check/surprises/unused-anchors.ts'
import { checkUnusedAnchors } from './check/surprises/unused-anchors.ts'
import { checkUnusedOrbs } from './check/surprises/unused-orbs.ts'
import { readVersion, warnOfTemplates } from './check/version.ts'
import type { ConfigDiagnostic } from './diagnostic-code.ts'
import type { PlanPlace } from './explain/plan-places.ts'
import { planPlaces } from './explain/plan-places.ts'
import type { Limits } from './limits.ts'
import { defaultLimits } from './limits.ts'
import type { OrbSource } from './orb/orb-source.ts'
import { inOrderOfPlace } from './order-of-place.ts'
import { compiledTree, passedThroughTree } from './output/compiled-tree.ts'
import { processText } from './output/process-text.ts'
import { resolvePipelineParameters } from './pipeline/parameters.ts'
import { readWorkflows } from './plan/workflow.ts'
import type { Report } from './report.ts'
import { createReport } from './report.ts'
import { resolveConfig } from './resolve/config.ts'
import type { ResolveContext } from './resolve/context.ts'
import { createBudget, outputLimitMessage } from './resolve/context.ts'
import { finalNames } from './resolve/names.ts'
import { checkTemplates } from './template/substitute.ts'
import { literalTree } from './tree/literal.ts'
import type { MapNode } from './tree/node.ts'
import { child } from './tree/node.ts'
import { parseTree } from './tree/parse.ts'

export interface CompileOptions {
  /** Name of the file in spans and messages; default `config.yml`. */
  readonly file?: string
  /** Pipeline values by full dotted name (`pipeline.git.branch`). Known names that are missing count as empty. */
  readonly pipelineValues: Readonly<Record<string, string | number | boolean | null>>
  /** Values given by the trigger, by bare name. */
  readonly pipelineParameters?: Readonly<Record<string, unknown>>
  /** Where orbs come from; without it every registry orb is unknown. */
  readonly orbs?: OrbSource
  /** Names of the contexts the project may use; left out when that is not known. */
  readonly contexts?: readonly string[]
  /**
   * Whether `matches` may use back-references. They can make a config take for ever, so only for a caller that can be
   * ended from outside; default false, which refuses them with a diagnostic.
   */
  readonly backtracking?: boolean
  /** Whether the result holds the place of every node of the plan; costs time and memory, so only for showing them. */
  readonly places?: boolean
  readonly limits?: Partial<Limits>
}

export interface CompileResult {
  /** Present exactly when there is no error. */
  readonly plan: Plan | undefined
  readonly diagnostics: readonly ConfigDiagnostic[]
  /** The compiled config as YAML; present exactly when there is no error. */
  readonly output: string | undefined
  /** Pipeline parameters after defaults. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  /** With `CompileOptions.places` and a plan. */
  readonly places?: readonly PlanPlace[]
}

/** Compiles a config: all mistakes at once, or a plan and the compiled text. Pure, synchronous, and never throws. */
export function compile(source: string, options: CompileOptions): CompileResult {
  const limits = { ...defaultLimits, ...options.limits }
  const report = createReport(limits.diagnostics)
  const file = options.file ?? 'config.yml'
  const result = compileSafely(source, file, options, limits, report)
  return { ...result, diagnostics: inOrderOfPlace(report.diagnostics, file) }
}

function compileSafely(
  source: string,
  file: string,
  options: CompileOptions,
  limits: Limits,
  report: Report,
): CompileResult {
  try {
    return compileStages(source, file, options, limits, report)
  } catch (error) {
    const deep = error instanceof RangeError
    report.error(
      deep ? 'limit' : 'internal',
      { file, start: 0, end: 1 },
      deep ? 'The config is nested too deeply to be expanded' : `The compiler failed: ${String(error)}`,
    )
    return failed(report, {})
  }
}

function compileStages(
  source: string,
  file: string,
  options: CompileOptions,
  limits: Limits,
  report: Report,
): CompileResult {
  const unusedAnchors: UnusedAnchor[] = []
  const onUnusedAnchor = (name: string, span: Span) => unusedAnchors.push({ name, span })
  const parsed = parseTree(source, file, limits, report, { onUnusedAnchor })
  const version = parsed === undefined ? undefined : readVersion(report, parsed)
  if (parsed === undefined || version === undefined) return failed(report, {})
  const root = version === 2 ? literalTree(parsed) : parsed
  const cx = prepareContext({ root, source, version }, options, limits, report)
  const parameters = Object.fromEntries(cx.pipelineParameters)
  checkRootKeys(report, root, version)
  if (version === 2) warnOfTemplates(report, source, file)
  const { setup, workflows, omitted } = resolveConfig(cx, root)
  // What goes beyond every bound is not looked at further: that would be most of the work.
  if (cx.budget.isSpent()) return failed(report, parameters)
  const names = finalNames(workflows)
  const linked = workflows.map((workflow) => linkWorkflow(report, workflow, names, definedJobs(root)))
  const orbs = cx.orbs.map(({ reference, resolved, digest }) => ({ reference, resolved, digest }))
  const leftOut = omitted.length === 0 ? {} : { omitted }
  const plan: Plan = { setup, ...readWorkflows(report, linked, version === 2), ...leftOut, orbs }
  if (report.hasErrors()) return failed(report, parameters)
  checkSurprises(report, plan, { linked, sources: cx.sources, contexts: options.contexts })
  checkSetupWorkflows(report, plan, options.pipelineValues)
  if (version !== 2) checkUnusedOrbs(report, root, source)
  checkUnusedAnchors(report, root, unusedAnchors)
  const output = writeOutput(cx, root, linked, source)
  if (report.hasErrors()) return failed(report, parameters)
  const result = { plan, diagnostics: report.diagnostics, output, parameters }
  return options.places === true ? { ...result, places: planPlaces(plan, { root, linked, orbs: cx.orbs }) } : result
}

/** Everything before expansion: pipeline parameters first, because orb references may contain them. */
export function prepareContext(
  { root, source, version }: { readonly root: MapNode; readonly source: string; readonly version: 2 | 2.1 },
  options: CompileOptions,
  limits: Limits,
  report: Report,
): ResolveContext {
  const base: ResolveContext = {
    version,
    report,
    limits,
    sources: new Map([[root.span.file, source]]),
    backtracking: options.backtracking === true,
    pipelineValues: options.pipelineValues,
    pipelineParameters: new Map(),
    brokenPipelineParameters: new Set(),
    orbSource: options.orbs,
    orbs: [],
    orbSpaces: new Map(),
    budget: createBudget(limits, report),
    expandedSteps: new WeakMap(),
    activeCommands: [],
    declarations: new WeakMap(),
  }
  checkTemplates(base, root)
  const declared = version === 2 ? undefined : child(root, 'parameters')
  const given = options.pipelineParameters ?? {}
  const { values, broken } = resolvePipelineParameters(base, declared, given, {
    ...root.span,
    end: root.span.start + 1,
  })
  return { ...base, pipelineParameters: values, brokenPipelineParameters: broken }
}

function definedJobs(root: MapNode): DefinedJobs {
  const jobs = child(root, 'jobs')
  return jobs?.kind === 'map' ? jobs.entries : new Map()
}

function writeOutput(cx: ResolveContext, root: MapNode, linked: readonly LinkedWorkflow[], source: string): string {
  const tree = cx.version === 2 ? passedThroughTree(root) : compiledTree(root, linked)
  const output = processText(
    tree,
    source,
    // An address is resolved to nothing but itself.
    cx.orbs.filter((orb) => orb.direct && !orb.reference.startsWith('https://')),
  )
  isTooLong(cx, root, output.length)
  return output
}

function isTooLong({ limits, report }: ResolveContext, root: MapNode, characters: number): boolean {
  if (characters <= limits.outputCharacters) return false
  report.error('limit', root.span, outputLimitMessage(limits))
  return true
}

function failed(report: Report, parameters: CompileResult['parameters']): CompileResult {
  return { plan: undefined, diagnostics: report.diagnostics, output: undefined, parameters }
}
