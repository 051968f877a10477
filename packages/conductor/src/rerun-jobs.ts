import type { JobWithPlan, NewId, NewJob, RerunRequest } from '@rondo/model'

/**
 * Jobs of a rerun. From failed: what did not succeed runs again, and everything downstream of it. Chosen jobs: these and everything downstream
 * run again. Otherwise everything runs again. A kept job points at the job whose results it stands for.
 */
export function rerunJobs(
  jobs: readonly JobWithPlan[],
  request: Pick<RerunRequest, 'fromFailed' | 'jobIds'>,
  newId: NewId,
): readonly NewJob[] {
  const again = jobsToRun(jobs, request)
  return jobs.map((job) => {
    const kept = !again.has(job.name)
    return {
      id: newId(),
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
  if (!request.fromFailed && request.jobIds === undefined) return new Set(jobs.map((job) => job.name))
  const chosen = new Set(
    jobs.filter((job) => request.jobIds?.includes(job.id) || job.status !== 'success').map((job) => job.name),
  )
  for (let size = -1; size !== chosen.size; ) {
    size = chosen.size
    for (const job of jobs) if (job.requires.some((requirement) => chosen.has(requirement.node))) chosen.add(job.name)
  }
  return chosen
}
