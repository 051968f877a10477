import type { EventRecord, Job, RerunRequest } from '@rondo/model'

type Data = EventRecord['data']

/** What the event of a rerun says of how it was asked for. */
export function rerunData(
  request: Pick<RerunRequest, 'fromFailed' | 'jobIds' | 'enableSsh'>,
  rerunOf: string,
  jobs: readonly Pick<Job, 'id' | 'name'>[],
): Data {
  const { jobIds, fromFailed, enableSsh = false } = request
  const chosen = jobs.filter((job) => jobIds?.includes(job.id)).map((job) => job.name)
  return { rerunOf, ...(jobIds === undefined ? { fromFailed } : { jobs: chosen }), ...(enableSsh ? { ssh: true } : {}) }
}

/** Of which workflow a rerun is, and how it was asked for, as far as its event says: those of older servers say less. Empty for others. */
export function howRerun({ rerunOf, fromFailed, jobs, ssh, automatic }: Data): string {
  if (typeof rerunOf !== 'string') return ''
  const what = Array.isArray(jobs) ? ` of ${jobs.join(', ')}` : (starts.get(fromFailed) ?? '')
  return `: ${automatic === true ? 'automatic ' : ''}rerun${what} of workflow ${rerunOf}${ssh === true ? ', open over SSH' : ''}`
}

const starts: ReadonlyMap<unknown, string> = new Map([
  [true, ' from failed'],
  [false, ' from start'],
])
