import type { JobStatus, RequiredStatus, Result } from '@rondo/model'

/** Which status a job may take next. What is not listed is refused by the table, not by an if. */
export const jobTransitions: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  blocked: ['queued', 'on_hold', 'success', 'not_run', 'canceled', 'unauthorized', 'failed'],
  queued: ['running', 'canceled', 'failed', 'infrastructure_fail', 'timedout'],
  not_running: ['running', 'canceled', 'failed'],
  running: ['success', 'failed', 'canceled', 'timedout', 'infrastructure_fail', 'queued'],
  on_hold: ['success', 'canceled'],
  success: [],
  failed: [],
  canceled: [],
  timedout: [],
  infrastructure_fail: [],
  unauthorized: [],
  not_run: [],
  retried: [],
  'terminated-unknown': [],
}

export function mayBecome(from: JobStatus, to: JobStatus): boolean {
  return jobTransitions[from].includes(to)
}

/** How a job's ending counts for those that require it; undefined while it has not ended. */
export function requiredStatusOf(status: JobStatus): RequiredStatus | undefined {
  switch (status) {
    case 'success':
    case 'canceled':
    case 'unauthorized':
    case 'not_run':
    case 'failed':
      return status
    case 'timedout':
    case 'infrastructure_fail':
    case 'terminated-unknown':
      return 'failed'
    case 'retried':
      return 'success'
    default:
      return undefined
  }
}

/** From best to worst; the worst slice decides the job. */
const slices: readonly Result[] = ['skipped', 'passed', 'canceled', 'failed', 'timed-out', 'lost']

const endings: Readonly<Record<Result, JobStatus>> = {
  passed: 'success',
  skipped: 'success',
  failed: 'failed',
  canceled: 'canceled',
  'timed-out': 'timedout',
  lost: 'infrastructure_fail',
}

/** Status of a job all of whose slices have ended. */
export function statusOfSlices(results: readonly Result[]): JobStatus {
  const worst = results.reduce<Result>((a, b) => (slices.indexOf(b) > slices.indexOf(a) ? b : a), 'skipped')
  return endings[worst]
}
