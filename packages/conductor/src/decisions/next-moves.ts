import {
  isFinalJobStatus,
  type JobStatus,
  type NodeType,
  type Refusal,
  type RequiredStatus,
  type Requirement,
  type WorkflowStatus,
} from '@rondo/model'
import type { JobState } from './job-state.ts'
import { requiredStatusOf } from './life-cycles.ts'
import { guardOf, lockOf } from './lock-guard.ts'
import { whyNotRun } from './why-not-run.ts'

/** What the jobs' statuses do not say. */
export interface Facts {
  /** Ids of lock nodes that hold their lock. */
  readonly holding: ReadonlySet<string>
  /** Ids of jobs with a task that an agent still works on, whatever the job's status. */
  readonly busy: ReadonlySet<string>
}

export interface Move {
  readonly jobId: string
  /** `not_running`: the node asks for its lock. */
  readonly to: 'queued' | 'on_hold' | 'success' | 'not_run' | 'not_running'
  /** Why it does not run. */
  readonly because?: string
}

type NextStep = Omit<Move, 'jobId'>

export interface Decision {
  readonly moves: readonly Move[]
  readonly status: WorkflowStatus
}

const none: Facts = { holding: new Set(), busy: new Set() }

/** A node while its requirements are being settled. */
interface Node {
  readonly job: JobState
  status: JobStatus
  /** Requirements on nodes that have not ended. */
  open: number
  /** The first that ended otherwise than this node wants. */
  refusal: Refusal | undefined
  readonly dependants: { readonly node: Node; readonly requirement: Requirement }[]
}

/**
 * Everything a workflow does next, until nothing more follows: jobs whose requirements are met start, jobs whose
 * requirements can no longer be met end as `not_run`. Plain function of the snapshot; it looks at every requirement once.
 */
export function nextMoves(jobs: readonly JobState[], facts: Facts = none): Decision {
  const nodes = settled(jobs)
  const waiting = new Set<Node>()
  for (const node of nodes.values()) if (node.status === 'blocked' || node.status === 'not_running') waiting.add(node)
  const unlocks = [...waiting].filter((node) => node.job.type === 'unlock')
  const moves: Move[] = []
  // A set goes on over what is added while it is walked; what is added again is taken out first, so that it comes again.
  const due = new Set(waiting)
  const comeAgain = (node: Node) => {
    if (!waiting.has(node)) return
    due.delete(node)
    due.add(node)
  }
  for (const node of due) {
    const next = moveOf(node, jobs, nodes, facts)
    // Nothing here runs a node of a type that the tables do not have.
    if (next?.to === undefined) continue
    waiting.delete(node)
    node.status = next.to
    moves.push({ jobId: node.job.id, ...next })
    for (const dependant of settle(node)) comeAgain(dependant)
    if (node.job.type === 'lock') unlocks.forEach(comeAgain)
  }
  return { moves, status: workflowStatus([...nodes.values()].map((node) => node.status)) }
}

/** The nodes by name, as far as what they require has ended. */
function settled(jobs: readonly JobState[]): ReadonlyMap<string, Node> {
  const nodes = new Map<string, Node>(
    jobs.map((job) => [job.name, { job, status: job.status, open: 0, refusal: undefined, dependants: [] }]),
  )
  for (const node of nodes.values())
    for (const requirement of node.job.requires) {
      const required = nodes.get(requirement.node)
      const ended = required === undefined ? 'not_run' : requiredStatusOf(required.status)
      if (ended !== undefined) note(node, requirement, ended)
      else {
        node.open++
        required?.dependants.push({ node, requirement })
      }
    }
  return nodes
}

/** Tells those that require a node how it ended, if it has; answers them. */
function settle({ status, dependants }: Node): readonly Node[] {
  const ended = requiredStatusOf(status)
  if (ended === undefined) return []
  return dependants.map(({ node, requirement }) => {
    node.open--
    note(node, requirement, ended)
    return node
  })
}

function note(node: Node, { node: required, statuses }: Requirement, ended: RequiredStatus): void {
  if (!statuses.includes(ended)) node.refusal ??= { node: required, ended }
}

function moveOf(
  node: Node,
  jobs: readonly JobState[],
  nodes: ReadonlyMap<string, Node>,
  facts: Facts,
): NextStep | undefined {
  if (node.job.status === 'not_running') return facts.holding.has(node.job.id) ? { to: 'success' } : undefined
  if (node.refusal === undefined && node.open > 0) return undefined
  return node.job.type === 'unlock' && node.refusal === undefined
    ? unlockMove(node.job, jobs, nodes, facts)
    : settledMove(node.job, node.refusal)
}

/** What a node does whose requirements are settled: it starts, unless one of them ended otherwise than it wants. */
export function settledMove(job: Pick<JobState, 'type' | 'requires'>, refusal: Refusal | undefined): NextStep {
  return refusal === undefined ? { to: start(job.type) } : { to: 'not_run', because: whyNotRun(job, refusal) }
}

function start(type: NodeType): Move['to'] {
  switch (type) {
    case 'build':
    case 'release':
      return 'queued'
    case 'approval':
      return 'on_hold'
    case 'lock':
      return 'not_running'
    case 'no-op':
    case 'unlock':
      return 'success'
  }
}

/**
 * Waits for its lock node, and for the last process of what the lock guards, also of jobs that were canceled. Without the
 * lock there is nothing to give back.
 */
function unlockMove(
  job: JobState,
  jobs: readonly JobState[],
  nodes: ReadonlyMap<string, Node>,
  { busy }: Facts,
): NextStep | undefined {
  const guarded = guardOf(job, jobs)
  if (guarded.some(({ id }) => busy.has(id))) return undefined
  const lock = lockOf(job, jobs)
  const locked = lock === undefined ? 'success' : nodes.get(lock.name)?.status
  // A lock node that is not upstream may itself wait for this one.
  if (lock !== undefined && guarded.includes(lock) && !isFinalJobStatus(locked ?? 'not_run')) return undefined
  if (locked === 'success') return { to: 'success' }
  return { to: 'not_run', because: `there is nothing to give back: ${lock?.name} ended as ${locked}` }
}

const failures: readonly JobStatus[] = ['failed', 'timedout', 'infrastructure_fail', 'terminated-unknown']

/** Status of a workflow from those of its jobs; how many have each does not matter. */
export function workflowStatus(jobs: readonly JobStatus[]): WorkflowStatus {
  const failed = jobs.some((status) => failures.includes(status))
  if (jobs.every(isFinalJobStatus)) {
    if (jobs.includes('canceled')) return 'canceled'
    if (failed) return 'failed'
    if (jobs.includes('unauthorized')) return 'unauthorized'
    return jobs.includes('success') || jobs.includes('retried') ? 'success' : 'not_run'
  }
  if (jobs.some((status) => status === 'queued' || status === 'running' || status === 'not_running'))
    return failed ? 'failing' : 'running'
  if (jobs.includes('on_hold')) return 'on_hold'
  return failed ? 'failing' : 'running'
}
