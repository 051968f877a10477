import { isFinalJobStatus, type JobStatus, type NodeType, type Requirement, type WorkflowStatus } from '@rondo/model'
import { requiredStatusOf } from './life-cycles.ts'

/** What deciding needs to know of a job. */
export interface JobState {
  readonly id: string
  readonly name: string
  readonly type: NodeType
  readonly status: JobStatus
  readonly requires: readonly Requirement[]
}

export interface Move {
  readonly jobId: string
  readonly to: 'queued' | 'on_hold' | 'success' | 'not_run'
}

export interface Decision {
  readonly moves: readonly Move[]
  readonly status: WorkflowStatus
}

/**
 * Everything a workflow does next, until nothing more follows: jobs whose requirements are met start, jobs whose
 * requirements can no longer be met end as `not_run`. Plain function of the snapshot.
 */
export function nextMoves(jobs: readonly JobState[]): Decision {
  const status = new Map(jobs.map((job) => [job.name, job.status]))
  const moves: Move[] = []
  const blocked = new Set(jobs.filter((job) => job.status === 'blocked'))
  for (let moved = true; moved; ) {
    moved = false
    for (const job of blocked) {
      const to = moveOf(job, status)
      if (to === undefined) continue
      blocked.delete(job)
      status.set(job.name, to)
      moves.push({ jobId: job.id, to })
      moved = true
    }
  }
  return { moves, status: workflowStatus([...status.values()]) }
}

function moveOf(job: JobState, status: ReadonlyMap<string, JobStatus>): Move['to'] | undefined {
  let met = true
  for (const requirement of job.requires) {
    const ended = requiredStatusOf(status.get(requirement.node) ?? 'not_run')
    if (ended === undefined) met = false
    else if (!requirement.statuses.includes(ended)) return 'not_run'
  }
  return met ? start(job.type) : undefined
}

function start(type: NodeType): Move['to'] {
  switch (type) {
    case 'build':
    case 'release':
      return 'queued'
    case 'approval':
      return 'on_hold'
    case 'no-op':
    case 'lock':
    case 'unlock':
      return 'success'
  }
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
