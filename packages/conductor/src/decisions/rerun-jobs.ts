import type { JobWithPlan, NewId, NewJob, RerunRequest } from '@rondo/model'
import { requiredStatusOf } from './life-cycles.ts'
import { guardedBetween, lockOf } from './lock-guard.ts'

/**
 * Jobs of a rerun. From failed: what did not succeed runs again, and everything downstream of it. Chosen jobs: these,
 * everything downstream, and what they require that did not end as they require it. Otherwise everything runs again. A
 * kept job has the ending it had, and points at the job whose results it stands for. It counts in the workflow's status
 * as it did before: a failure that a chosen job requires is still one, and the rerun ends as `failed` like the first run.
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

/** Jobs by id, each with what must run again so that its requirements are fulfilled: where one is, nothing before it is. */
function withNeeds(jobs: readonly JobWithPlan[], ids: readonly string[]): readonly JobWithPlan[] {
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const needed = new Set(jobs.filter((job) => ids.includes(job.id)))
  // A set goes on over what is added while it is walked.
  for (const job of needed)
    for (const { node, statuses } of job.requires) {
      const required = byName.get(node)
      if (required === undefined) continue
      const ended = requiredStatusOf(required.status)
      if (ended === undefined || !statuses.includes(ended)) needed.add(required)
    }
  return [...needed]
}

/** What a lock guards never runs again without the lock: its lock and unlock nodes run again with it. */
function withLocks(jobs: readonly JobWithPlan[], again: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set(again)
  for (const unlock of jobs) {
    if (unlock.type !== 'unlock') continue
    const lock = lockOf(unlock, jobs)
    if (lock === undefined) continue
    if (!guardedBetween(lock, unlock, jobs).some((job) => again.has(job.name))) continue
    all.add(lock.name).add(unlock.name)
  }
  return all
}
