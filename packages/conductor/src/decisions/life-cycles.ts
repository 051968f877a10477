import type { JobStatus, RequiredStatus, Result } from '@rondo/model'

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
const slices: readonly Result[] = ['skipped', 'passed', 'canceled', 'failed', 'timed-out', 'unknown', 'lost']

const endings: Readonly<Record<Result, JobStatus>> = {
  passed: 'success',
  skipped: 'success',
  failed: 'failed',
  canceled: 'canceled',
  'timed-out': 'timedout',
  unknown: 'terminated-unknown',
  lost: 'infrastructure_fail',
}

/** Status of a job all of whose slices have ended. */
export function statusOfSlices(results: readonly Result[]): JobStatus {
  const worst = results.reduce<Result>((a, b) => (slices.indexOf(b) > slices.indexOf(a) ? b : a), 'skipped')
  return endings[worst]
}
