import { isFinalJobStatus, type JobStatus, type NodeType, type WorkflowStatus } from '@rondo/model'
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

/**
 * Everything a workflow does next, until nothing more follows: jobs whose requirements are met start, jobs whose
 * requirements can no longer be met end as `not_run`. Plain function of the snapshot.
 */
export function nextMoves(jobs: readonly JobState[], facts: Facts = none): Decision {
  const status = new Map(jobs.map((job) => [job.name, job.status]))
  const moves: Move[] = []
  const waiting = new Set(jobs.filter((job) => job.status === 'blocked' || job.status === 'not_running'))
  for (let moved = true; moved; ) {
    moved = false
    for (const job of waiting) {
      const to = job.status === 'blocked' ? moveOf(job, jobs, status, facts) : lockMove(job, facts)
      if (to === undefined) continue
      waiting.delete(job)
      status.set(job.name, to)
      moves.push({ jobId: job.id, to })
      moved = true
    }
  }
  return { moves, status: workflowStatus([...status.values()]) }
}

function moveOf(
  job: JobState,
  jobs: readonly JobState[],
  status: ReadonlyMap<string, JobStatus>,
  facts: Facts,
): Move['to'] | undefined {
  let met = true
  for (const requirement of job.requires) {
    const ended = requiredStatusOf(status.get(requirement.node) ?? 'not_run')
    if (ended === undefined) met = false
    else if (!requirement.statuses.includes(ended)) return 'not_run'
  }
  if (!met) return undefined
  return job.type === 'unlock' ? unlockMove(job, jobs, status, facts) : start(job.type)
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
  status: ReadonlyMap<string, JobStatus>,
  { busy }: Facts,
): Move['to'] | undefined {
  const guarded = guardOf(job, jobs)
  if (guarded.some(({ id }) => busy.has(id))) return undefined
  const lock = lockOf(job, jobs)
  const locked = lock === undefined ? 'success' : status.get(lock.name)
  // A lock node that is not upstream may itself wait for this one.
  if (lock !== undefined && guarded.includes(lock) && !isFinalJobStatus(locked ?? 'not_run')) return undefined
  return locked === 'success' ? 'success' : 'not_run'
}

const failures: readonly JobStatus[] = ['failed', 'timedout', 'infrastructure_fail', 'terminated-unknown']

/** Status of a workflow from those of its jobs. */
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
