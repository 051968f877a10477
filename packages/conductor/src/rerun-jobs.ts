import { randomUUID } from 'node:crypto'
import type { JobWithPlan, NewJob, RerunRequest } from '@rondo/model'

/**
 * Jobs of a rerun. From failed: what succeeded is kept, all else runs again. Chosen jobs: these and everything downstream
 * run again. Otherwise everything runs again. A kept job points at the job whose results it stands for.
 */
export function rerunJobs(
  jobs: readonly JobWithPlan[],
  request: Pick<RerunRequest, 'fromFailed' | 'jobIds'>,
): readonly NewJob[] {
  const again = jobsToRun(jobs, request)
  return jobs.map((job) => {
    const kept = !again.has(job.name)
    return {
      id: randomUUID(),
      name: job.name,
      type: job.type,
      number: null,
      status: kept ? 'success' : 'blocked',
      requires: job.requires,
      contexts: job.contexts,
      parallelism: job.parallelism,
      resourceClass: job.resourceClass,
      executor: job.executor,
      keptFrom: kept ? (job.keptFrom ?? job.id) : null,
      plan: job.plan,
    }
  })
}

function jobsToRun(
  jobs: readonly JobWithPlan[],
  request: Pick<RerunRequest, 'fromFailed' | 'jobIds'>,
): ReadonlySet<string> {
  if (request.fromFailed) return new Set(jobs.filter((job) => job.status !== 'success').map((job) => job.name))
  if (request.jobIds === undefined) return new Set(jobs.map((job) => job.name))
  const chosen = new Set(
    jobs.filter((job) => request.jobIds?.includes(job.id) || job.status !== 'success').map((job) => job.name),
  )
  for (let size = -1; size !== chosen.size; ) {
    size = chosen.size
    for (const job of jobs) if (job.requires.some((requirement) => chosen.has(requirement.node))) chosen.add(job.name)
  }
  return chosen
}
