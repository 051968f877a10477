import type { JobWithPlan, NewId, NewJob, RerunRequest } from '@rondo/model'
import { guardOf, lockOf } from './lock-guard.ts'

/**
 * Jobs of a rerun. From failed: what did not succeed runs again, and everything downstream of it. Chosen jobs: these,
 * everything downstream, and what they need that did not succeed. Otherwise everything runs again. A kept job has the
 * ending it had, and points at the job whose results it stands for.
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
      status: kept ? job.status : 'blocked',
      requires: job.requires,
      contexts: job.contexts,
      lockKey: job.lockKey,
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
  const chosen = request.jobIds === undefined ? withoutSuccess(jobs) : withNeeds(jobs, request.jobIds)
  const again = new Set(chosen.map((job) => job.name))
  for (let size = -1; size !== again.size; ) {
    size = again.size
    for (const job of jobs) if (job.requires.some((requirement) => again.has(requirement.node))) again.add(job.name)
  }
  return withLocks(jobs, again)
}

function withoutSuccess(jobs: readonly JobWithPlan[]): readonly JobWithPlan[] {
  return jobs.filter((job) => job.status !== 'success')
}

/** Jobs by id, each with what is upstream of it and did not succeed. */
function withNeeds(jobs: readonly JobWithPlan[], ids: readonly string[]): readonly JobWithPlan[] {
  const wanted = jobs.filter((job) => ids.includes(job.id))
  return wanted.flatMap((job) => [job, ...withoutSuccess(guardOf(job, jobs))])
}

/** What a lock guards never runs again without the lock: its lock and unlock nodes run again with it. */
function withLocks(jobs: readonly JobWithPlan[], again: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set(again)
  for (const unlock of jobs) {
    if (unlock.type !== 'unlock') continue
    const lock = lockOf(unlock, jobs)
    if (lock === undefined) continue
    const guarded = guardOf(unlock, jobs).filter((job) => guardOf(job, jobs).includes(lock))
    if (!guarded.some((job) => again.has(job.name))) continue
    all.add(lock.name).add(unlock.name)
  }
  return all
}
