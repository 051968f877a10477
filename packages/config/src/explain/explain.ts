import type { JobPlan, Origin, OriginFrame, Plan, Span, Step, WorkflowNode } from '@rondo/model'
import { placeFinder } from './places.ts'

/** A place in a source; line and column count from 1 and are left out for a source that is not at hand. */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** Where something is written, and through which calls it came to be there, outermost first. */
export interface Explained {
  readonly place: Place
  readonly through: readonly { readonly kind: OriginFrame['kind']; readonly name: string; readonly place: Place }[]
}

export interface ExplainedStep extends Explained {
  readonly type: Step['type']
  /** Its display name, or for `run` the first line of the command. */
  readonly name: string
}

export interface ExplainedJob extends Explained {
  readonly name: string
  readonly type: WorkflowNode['type']
  readonly requires: readonly string[]
  readonly steps: readonly ExplainedStep[]
}

export interface ExplainedWorkflow {
  readonly name: string
  readonly place: Place
  readonly jobs: readonly ExplainedJob[]
}

/**
 * Where every job and step of a plan comes from: what `config explain` and the editor show.
 * @param sources texts by the name spans give them: the config's file, and `ns/name@1.2.3` for orbs
 */
export function explainPlan(plan: Plan, sources: ReadonlyMap<string, string>): readonly ExplainedWorkflow[] {
  const placeOf = placeFinder(sources)
  return plan.workflows.map((workflow) => ({
    name: workflow.name,
    place: placeOf(workflow.origin.span),
    jobs: workflow.jobs.map((node) =>
      explainJob(node, node.job === undefined ? undefined : plan.jobs[node.job], placeOf),
    ),
  }))
}

type PlaceOf = (span: Span) => Place

function explainJob(node: WorkflowNode, job: JobPlan | undefined, placeOf: PlaceOf): ExplainedJob {
  return {
    name: node.name,
    type: node.type,
    requires: node.requires.map((requirement) => requirement.node),
    ...explainOrigin(node.origin, 0, placeOf),
    // A step's chain begins with that of its job, which is told once.
    steps: (job?.steps ?? []).map((step) => ({
      type: step.type,
      name: stepName(step),
      ...explainOrigin(step.origin, job?.origin.chain.length ?? 0, placeOf),
    })),
  }
}

function explainOrigin(origin: Origin, told: number, placeOf: PlaceOf): Explained {
  const through = origin.chain.slice(told).map(({ kind, name, span }) => ({ kind, name, place: placeOf(span) }))
  return { place: placeOf(origin.span), through }
}

function stepName(step: Step): string {
  if (step.name !== undefined) return step.name
  if (step.type === 'run') return step.command.trim().split('\n', 1)[0]!
  return step.type === 'unsupported' ? step.keyword : step.type
}
