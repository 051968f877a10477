import type { JobStatus, JobWithPlan, Requirement } from '@rondo/model'
import { describe, expect, test } from 'vitest'
import { nextMoves } from './next-moves.ts'
import { rerunJobs } from './rerun-jobs.ts'

let last = 0
/** `id-1`, `id-2`, … */
const newId = () => `id-${++last}`

/** a → b → c, and d beside them. */
const chain = (b: JobStatus, c: JobStatus) => [
  job('a', 'success'),
  job('b', b, ['a']),
  job('c', c, ['b']),
  job('d', 'success'),
]

describe('what runs again', () => {
  test.each<{
    what: string
    jobs: readonly JobWithPlan[]
    request: { fromFailed: boolean; jobIds?: readonly string[] }
    again: readonly string[]
  }>([
    {
      what: 'from the start: everything',
      jobs: chain('failed', 'not_run'),
      request: { fromFailed: false },
      again: ['a', 'b', 'c', 'd'],
    },
    {
      what: 'from failed: what failed and what did not run because of it',
      jobs: chain('failed', 'not_run'),
      request: { fromFailed: true },
      again: ['b', 'c'],
    },
    {
      what: 'from failed: time-outs, losses, refusals and cancels too',
      jobs: [
        job('a', 'timedout'),
        job('b', 'infrastructure_fail'),
        job('c', 'unauthorized'),
        job('d', 'canceled'),
        job('e', 'success'),
      ],
      request: { fromFailed: true },
      again: ['a', 'b', 'c', 'd'],
    },
    {
      what: 'from failed when nothing failed: nothing',
      jobs: chain('success', 'success'),
      request: { fromFailed: true },
      again: [],
    },
    {
      what: 'a chosen job and everything downstream',
      jobs: chain('success', 'success'),
      request: { fromFailed: false, jobIds: ['b'] },
      again: ['b', 'c'],
    },
    {
      what: 'a chosen leaf alone',
      jobs: chain('success', 'success'),
      request: { fromFailed: false, jobIds: ['d'] },
      again: ['d'],
    },
  ])('$what [I-037]', ({ jobs, request, again }) => {
    const fresh = rerunJobs(jobs, request, newId)

    expect(fresh.filter((entry) => entry.keptFrom === null).map((entry) => entry.name)).toEqual(again)
    expect(fresh.every((entry) => entry.status === (entry.keptFrom === null ? 'blocked' : 'success'))).toBe(true)
  })
})

test.each<{ what: string; jobs: readonly JobWithPlan[]; again: readonly string[] }>([
  {
    what: 'a failure it requires is kept',
    jobs: [job('a', 'success'), job('b', 'failed', ['a']), job('c', 'success', ['b'], ['failed'])],
    again: ['c'],
  },
  {
    what: 'what failed before a requirement that is fulfilled is kept',
    jobs: [job('a', 'failed'), job('b', 'success', ['a'], ['failed']), job('c', 'failed', ['b'])],
    again: ['c'],
  },
  {
    what: 'what did not end as it requires runs again, with what that requires',
    jobs: [job('a', 'failed'), job('b', 'not_run', ['a']), job('c', 'not_run', ['b'])],
    again: ['a', 'b', 'c'],
  },
  {
    what: 'a success where it requires a failure runs again',
    jobs: [job('a', 'success'), job('b', 'success', ['a']), job('c', 'not_run', ['b'], ['failed'])],
    again: ['b', 'c'],
  },
])('of what a chosen job requires: $what [I-037]', ({ jobs, again }) => {
  const fresh = rerunJobs(jobs, { fromFailed: false, jobIds: ['c'] }, newId)

  expect(fresh.filter((entry) => entry.keptFrom === null).map((entry) => entry.name)).toEqual(again)
})

test('a kept failure that a chosen job requires lets it start, and counts in the workflow as before [I-037]', () => {
  const before = [job('b', 'failed'), job('c', 'success', ['b'], ['failed'])]
  const fresh = rerunJobs(before, { fromFailed: false, jobIds: ['c'] }, newId)

  const start = nextMoves(fresh)
  const end = nextMoves(fresh.map((entry) => (entry.name === 'c' ? { ...entry, status: 'success' } : entry)))

  expect(start).toEqual({ moves: [{ jobId: fresh[1]?.id, to: 'queued' }], status: 'failing' })
  expect(end).toEqual({ moves: [], status: 'failed' })
})

test('a job kept through two reruns points at the job that ran, not at its stand-in [I-037]', () => {
  const first = rerunJobs(chain('failed', 'not_run'), { fromFailed: true }, newId)
  const ended = first.map((entry) => ({
    ...job(entry.name, entry.name === 'b' ? 'failed' : 'success', entry.name === 'b' ? ['a'] : []),
    id: entry.id,
    keptFrom: entry.keptFrom,
  }))

  const second = rerunJobs(ended, { fromFailed: true }, newId)

  expect(second.find((entry) => entry.name === 'a')?.keptFrom).toBe('a')
  expect(new Set(second.map((entry) => entry.id)).size).toBe(4)
})

test('a rerun job keeps its graph, its class and its slices, and waits for a number of its own [I-037]', () => {
  const before = [{ ...job('a', 'failed'), number: 7, parallelism: 3, resourceClass: 'large', contexts: ['deploy'] }]

  const [again] = rerunJobs(before, { fromFailed: true }, newId)

  expect(again).toMatchObject({
    number: null,
    parallelism: 3,
    resourceClass: 'large',
    contexts: ['deploy'],
    requires: [],
  })
  expect(again?.id).not.toBe('a')
})

function job(
  name: string,
  status: JobStatus,
  requires: readonly string[] = [],
  statuses: Requirement['statuses'] = ['success'],
): JobWithPlan {
  const never = null
  return {
    id: name,
    name,
    status,
    workflowId: 'w',
    projectId: 'p',
    type: 'build',
    number: 1,
    requires: requires.map((node) => ({ node, statuses })),
    contexts: [],
    lockKey: null,
    parallelism: 1,
    resourceClass: null,
    executor: 'docker',
    approvedBy: never,
    canceledBy: never,
    message: never,
    keptFrom: never,
    plan: never,
    createdAt: new Date(0),
    queuedAt: never,
    startedAt: never,
    stoppedAt: never,
  }
}
