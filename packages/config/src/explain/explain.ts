import type { JobPlan, Origin, OriginFrame, Plan, Span, Step, WorkflowNode } from '@rondo/model'
import type { PlanPlace } from './place-walker.ts'
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

/** A value of a job or step that is written somewhere, such as an image or a variable. */
export interface ExplainedPart extends Explained {
  /** Leads to it from its job or step in the plan: `executor`, `images`, 0, `image`. */
  readonly path: PlanPlace['path']
  readonly value: unknown
}

export interface ExplainedStep extends Explained {
  readonly type: Step['type']
  /** Its display name, or for `run` the first line of the command. */
  readonly name: string
  readonly parts: readonly ExplainedPart[]
}

export interface ExplainedJob extends Explained {
  readonly name: string
  readonly type: WorkflowNode['type']
  readonly requires: readonly string[]
  /** What its entry in the workflow says, and what it runs in. */
  readonly parts: readonly ExplainedPart[]
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
 * @param places of the plan's nodes, for the parts of jobs and steps; see `CompileOptions.places`
 */
export function explainPlan(
  plan: Plan,
  sources: ReadonlyMap<string, string>,
  places: readonly PlanPlace[] = [],
): readonly ExplainedWorkflow[] {
  const placeOf = placeFinder(sources)
  const parts = partsOf(plan, places, placeOf)
  return plan.workflows.map((workflow, index) => ({
    name: workflow.name,
    place: placeOf(workflow.origin.span),
    jobs: workflow.jobs.map((node, position) => {
      const job = node.job === undefined ? undefined : plan.jobs[node.job]
      return explainJob(node, job, ['workflows', index, 'jobs', position], { placeOf, parts })
    }),
  }))
}

type PlaceOf = (span: Span) => Place

interface Explainer {
  readonly placeOf: PlaceOf
  readonly parts: (owner: PlanPlace['path'], origin: Origin, told: number) => readonly ExplainedPart[]
}

function explainJob(
  node: WorkflowNode,
  job: JobPlan | undefined,
  path: PlanPlace['path'],
  { placeOf, parts }: Explainer,
): ExplainedJob {
  const told = job?.origin.chain.length ?? 0
  return {
    name: node.name,
    type: node.type,
    requires: node.requires.map((requirement) => requirement.node),
    ...explainOrigin(node.origin, 0, placeOf),
    parts: [
      ...parts(path, node.origin, node.origin.chain.length),
      ...(job === undefined ? [] : parts(['jobs', job.name], job.origin, told)),
    ],
    // A step's chain begins with that of its job, which is told once.
    steps: (job?.steps ?? []).map((step, index) => ({
      type: step.type,
      name: stepName(step),
      ...explainOrigin(step.origin, told, placeOf),
      parts: parts(['jobs', job!.name, 'steps', index], step.origin, told),
    })),
  }
}

/** The values of a job or step that stand in a place of their own; a step's are not the job's. */
function partsOf(plan: Plan, places: readonly PlanPlace[], placeOf: PlaceOf): Explainer['parts'] {
  const owned = new Map<string, PlanPlace[]>()
  for (const place of places) {
    const length = ownerLength(place.path)
    if (length === 0 || place.path.length <= length) continue
    const key = JSON.stringify(place.path.slice(0, length))
    const list = owned.get(key) ?? []
    owned.set(key, list)
    list.push(place)
  }
  return (owner, origin, told) =>
    (owned.get(JSON.stringify(owner)) ?? []).flatMap(({ path, origin: own }) => {
      const value = path.reduce<unknown>((holder, key) => (holder as Record<string | number, unknown>)[key], plan)
      const isWritten = own.span.start !== origin.span.start || own.span.file !== origin.span.file
      if (typeof value === 'object' || !isWritten) return []
      return [{ path: path.slice(owner.length), value, ...explainOrigin(own, told, placeOf) }]
    })
}

/** How much of a path leads to the job or step it belongs to; 0 for what belongs to none. */
function ownerLength([first, , third, fourth]: PlanPlace['path']): number {
  if (first === 'workflows') return third === 'jobs' && fourth !== undefined ? 4 : 0
  if (first !== 'jobs') return 0
  return third === 'steps' ? 4 : 2
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
