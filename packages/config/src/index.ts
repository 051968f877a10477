/**
 * The config language: text in, plan and compiled text out. Pure, synchronous, no I/O, so the same code runs in the
 * server, the command line and the browser. Called by whoever starts a pipeline, checks a config or explains one.
 *
 * Stages, each with a data type behind it:
 * 1. text -> tree (`tree/`): YAML 1.1 as configs use it, spans kept, anchors and merge keys resolved, size bounded.
 * 2. tree -> resolved (`resolve/`, with `orb/`, `pipeline/`, `template/`, `expression/`, `logic/`): orbs, parameters,
 *    commands, executors, conditions, matrix and job groups written out; every step knows the calls that made it.
 * 3. resolved -> linked (`check/`): final names, requirements tied to nodes, cycles.
 * 4. linked -> plan (`plan/`): one reader for each construct, named like the keyword; structural rules live there.
 * 5. linked -> compiled YAML (`output/`): what `process` prints.
 *
 * Mistakes are collected as diagnostics in every stage and never thrown.
 */

export type { CompileOptions, CompileResult } from './compile.ts'
export { compile } from './compile.ts'
export type { ConfigDiagnostic, ConfigDiagnosticCode } from './diagnostic-code.ts'
export { didYouMean } from './did-you-mean.ts'
export type {
  Explained,
  ExplainedJob,
  ExplainedPart,
  ExplainedStep,
  ExplainedWorkflow,
  Place,
} from './explain/explain.ts'
export { explainPlan } from './explain/explain.ts'
export type { PlanPlace } from './explain/plan-places.ts'
export type { Limits } from './limits.ts'
export { defaultLimits } from './limits.ts'
export type { LineAndColumn } from './line-index.ts'
export { createLineIndex } from './line-index.ts'
export type { GitReference } from './matches-filters.ts'
export { matchesFilters, matchesNameFilter } from './matches-filters.ts'
export type { OrbSource, ResolvedOrb } from './orb/orb-source.ts'
export { orbReferences } from './orb-references.ts'
export type { PackOptions, PackResult } from './pack/pack.ts'
export { pack } from './pack/pack.ts'
export {
  didYouMeanPipelineValue,
  isKnownPipelineValue,
  knownPipelineValues,
  pipelineValueType,
} from './pipeline/known-values.ts'
export { lineAndColumn, renderDiagnostic } from './render-diagnostic.ts'
export type { ValidateOrbOptions } from './validate-orb.ts'
export { validateOrb } from './validate-orb.ts'
