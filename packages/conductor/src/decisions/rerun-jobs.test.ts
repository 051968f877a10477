import type { JobStatus, JobWithPlan } from '@rondo/model'
import { describe, expect, test } from 'vitest'
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

function job(name: string, status: JobStatus, requires: readonly string[] = []): JobWithPlan {
  const never = null
  return {
    id: name,
    name,
    status,
    workflowId: 'w',
    projectId: 'p',
    type: 'build',
    number: 1,
    requires: requires.map((node) => ({ node, statuses: ['success'] })),
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
