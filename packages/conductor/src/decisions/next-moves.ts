import { isFinalJobStatus, type JobStatus, type NodeType, type Requirement, type WorkflowStatus } from '@rondo/model'
import type { JobState } from './job-state.ts'
import { requiredStatusOf } from './life-cycles.ts'
import { guardOf, lockOf } from './lock-guard.ts'

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
}

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
  /** One ended otherwise than this node wants. */
  refused: boolean
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
    const to = moveOf(node, jobs, nodes, facts)
    if (to === undefined) continue
    waiting.delete(node)
    node.status = to
    moves.push({ jobId: node.job.id, to })
    for (const next of settle(node)) comeAgain(next)
    if (node.job.type === 'lock') unlocks.forEach(comeAgain)
  }
  return { moves, status: workflowStatus([...nodes.values()].map((node) => node.status)) }
}

/** The nodes by name, as far as what they require has ended. */
function settled(jobs: readonly JobState[]): ReadonlyMap<string, Node> {
  const nodes = new Map<string, Node>(
    jobs.map((job) => [job.name, { job, status: job.status, open: 0, refused: false, dependants: [] }]),
  )
  for (const node of nodes.values())
    for (const requirement of node.job.requires) {
      const required = nodes.get(requirement.node)
      const ended = required === undefined ? 'not_run' : requiredStatusOf(required.status)
      if (ended !== undefined) node.refused ||= !requirement.statuses.includes(ended)
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
    node.refused ||= !requirement.statuses.includes(ended)
    return node
  })
}

function moveOf(
  node: Node,
  jobs: readonly JobState[],
  nodes: ReadonlyMap<string, Node>,
  facts: Facts,
): Move['to'] | undefined {
  if (node.job.status === 'not_running') return lockMove(node.job, facts)
  if (node.refused) return 'not_run'
  if (node.open > 0) return undefined
  return node.job.type === 'unlock' ? unlockMove(node.job, jobs, nodes, facts) : settledMove(node.job.type, false)
}

/** What a node does whose requirements are settled: it starts, unless one of them ended otherwise than it wants. */
export function settledMove(type: NodeType, refused: boolean): Move['to'] {
  return refused ? 'not_run' : start(type)
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

function lockMove(job: JobState, facts: Facts): Move['to'] | undefined {
  return facts.holding.has(job.id) ? 'success' : undefined
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
): Move['to'] | undefined {
  const guarded = guardOf(job, jobs)
  if (guarded.some(({ id }) => busy.has(id))) return undefined
  const lock = lockOf(job, jobs)
  const locked = lock === undefined ? 'success' : nodes.get(lock.name)?.status
  // A lock node that is not upstream may itself wait for this one.
  if (lock !== undefined && guarded.includes(lock) && !isFinalJobStatus(locked ?? 'not_run')) return undefined
  return locked === 'success' ? 'success' : 'not_run'
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
