import { isFinalJobStatus, type JobStatus, type WorkflowStatus } from '@rondo/model'
import type { MemoryDatabase } from '../memory-database.ts'
import type { JobRow, TaskRow } from '../memory-rows.ts'

/** Everything upstream of a job, nearest first. */
export function upstream(database: MemoryDatabase, job: JobRow): readonly JobRow[] {
  const jobs = (database.jobsOfWorkflow.get(job.workflowId) ?? []).flatMap((cell) => cell.committed ?? [])
  const found = new Set<JobRow>([job])
  for (const next of found)
    for (const { node } of next.requires) {
      const other = jobs.find((candidate) => candidate.name === node)
      if (other !== undefined) found.add(other)
    }
  return [...found].slice(1)
}

/** The lock node whose lock an unlock node gives back. */
export function lockOf(database: MemoryDatabase, unlock: JobRow): JobRow | undefined {
  return upstream(database, unlock).find((job) => job.type === 'lock' && job.lockKey === unlock.lockKey)
}

/** Whether requirements are met, can still be, or never will. */
export function fateOf(job: JobRow, statuses: ReadonlyMap<string, JobStatus>): 'met' | 'open' | 'never' {
  const each = job.requires.map(({ node, statuses: wanted }) => {
    const status = statuses.get(node)
    if (status === undefined || !isFinalJobStatus(status)) return 'open'
    const counts = ['timedout', 'infrastructure_fail', 'terminated-unknown'].includes(status) ? 'failed' : status
    return (wanted as readonly string[]).includes(counts) ? 'met' : 'never'
  })
  if (each.includes('never')) return 'never'
  return each.includes('open') ? 'open' : 'met'
}

export function statusOf(jobs: readonly JobStatus[]): WorkflowStatus {
  const has = (...wanted: JobStatus[]) => jobs.some((status) => wanted.includes(status))
  const failed = has('failed', 'timedout', 'infrastructure_fail', 'terminated-unknown')
  if (jobs.every(isFinalJobStatus)) {
    if (has('canceled')) return 'canceled'
    if (failed) return 'failed'
    if (has('unauthorized')) return 'unauthorized'
    return has('success') ? 'success' : 'not_run'
  }
  if (!has('queued', 'running', 'not_running') && has('on_hold')) return 'on_hold'
  return failed ? 'failing' : 'running'
}

export function statusesOf(database: MemoryDatabase, workflowId: string): ReadonlyMap<string, JobStatus> {
  const statuses = new Map<string, JobStatus>()
  for (const { committed: job } of database.jobsOfWorkflow.get(workflowId) ?? [])
    if (job !== undefined) statuses.set(job.name, job.status)
  return statuses
}

export function tasksOf(database: MemoryDatabase, jobId: string): readonly TaskRow[] {
  return (database.tasksOfJob.get(jobId) ?? []).flatMap(({ committed: task }) => (task === undefined ? [] : [task]))
}
