import type { ForecastFacts, ForecastJob, ForecastLine, QueueLine } from '@rondo/model'
import { describe, expect, test } from 'vitest'
import { expectedStarts, type ForecastBounds } from './expected-starts.ts'

describe('the expected start of what waits for room', () => {
  test('is now while there is room, then when what runs usually ends', async () => {
    const jobs = [job('a', { lengths: [30] }), job('b', { lengths: [10] }), job('c'), job('d')]

    // Two CPUs are offered twice: room for two tasks of two CPUs.
    expect(await told({ jobs, lines: [line(['a', 'b', 'c', 'd'])] })).toEqual({ a: 0, b: 0, c: 10, d: 20 })
  })

  test('counts what has run already; what outlasts everything known is expected to end soon', async () => {
    const jobs = [job('x', { lengths: [10, 20, 30] }), job('y', { lengths: [10] }), job('a'), job('b')]
    const running = [task('x', 15), task('y', 100)]

    expect(await told({ jobs, running, lines: [line(['a', 'b'])] })).toEqual({ a: 10, b: 10 })
  })

  test('is no guess: where nothing ever ran, only what starts any moment is foretold', async () => {
    const jobs = [job('x', { lengths: [] }), job('y', { lengths: [] }), job('a', { lengths: [] })]

    expect(await told({ jobs, lines: [line(['x', 'y', 'a'])] })).toEqual({ x: 0, y: 0 })
  })

  test('counts the time from one end to the next start', async () => {
    const jobs = [job('x'), job('a'), job('b')]
    const one = { agents: [{ ...agent, maxTasks: 1 }], jobs, running: [task('x', 0)], lines: [line(['a', 'b'])] }

    expect(await told({ ...one, handoverMs: 3 })).toEqual({ a: 13, b: 26 })
  })

  test('of a task larger than every agent is when one of them is empty', async () => {
    const jobs = [job('x', { lengths: [7] }), job('huge', { lengths: [5] }), job('b')]
    // It counts as the whole machine, of which half is offered twice: what came later fits beside it.
    const lines = [line(['huge'], { cpus: 64, memoryMb: 99_999, resourceClass: 'xl', since: -2_000 }), line(['b'])]

    expect(await told({ jobs, lines, running: [task('x', 0)] })).toEqual({ b: 0, huge: 10 })
  })

  test('goes by what an agent may run at once, and by its memory', async () => {
    const jobs = [job('a'), job('b'), job('c')]
    const lines = [line(['a', 'b', 'c'], { cpus: 0.5 })]
    const small = { ...agent, maxTasks: 1 }

    expect(await told({ agents: [small], jobs, lines })).toEqual({ a: 0, b: 10, c: 20 })
    expect(await told({ agents: [{ ...agent, machine: { cpus: 2, memoryMb: 1_024 } }], jobs, lines })).toEqual({
      a: 0,
      b: 0,
      c: 10,
    })
  })

  test('is as the dispatcher shares: who uses less comes first, though later, and its place says so', async () => {
    const jobs = [job('x', { lengths: [20] }), job('a'), job('b'), job('late')]
    const lines = [line(['a', 'b']), line(['late'], { organizationId: 'o2', projectId: 'p2', since: -1 })]

    const starts = await startsOf({ ...facts, jobs, running: [task('x', 0)], lines })

    expect(starts.get('late')).toEqual({ kind: 'room', inMs: 0, ahead: 0 })
    expect(starts.get('b')).toEqual({ kind: 'room', inMs: 20, ahead: 2 })
  })

  test('is unknown without agents that run it, and of a job with slices the first slice counts', async () => {
    const jobs = [job('a', { slices: 2 }), job('mac')]
    const lines = [line(['a', 'a']), line(['mac'], { executor: 'macos' })]

    expect(await told({ jobs, lines })).toEqual({ a: 0 })
    expect(await told({ agents: [], jobs, lines })).toEqual({})
  })

  test('counts also those that were not read: the others do not have the machines to themselves', async () => {
    const [first, second] = [job('a'), job('b')]
    const long = { ...line(['a', 'a'], { since: -9_000 }), goesOn: true }
    const lines = [long, line(['b'], { organizationId: 'o2', projectId: 'p2', since: -8_999.995 })]
    const agents = [{ ...agent, maxTasks: 1 }]

    const starts = await startsOf({ ...facts, agents, jobs: [first, second], lines }, { starts: 9, turns: 20 })

    expect(Object.fromEntries(starts)).toEqual({
      a: { kind: 'room', inMs: 0, ahead: 0 },
      b: { kind: 'room', inMs: 10, ahead: 1 },
    })
  })
})

describe('the expected start of what a limit holds back', () => {
  const limit = { id: 'l', organizationId: 'o', projectId: 'p', resourceClass: null, maxTasks: 1 }
  const jobs = [job('x', { lengths: [20] }), job('a'), job('b'), job('free')]
  const lines = [line(['a', 'b']), line(['free'], { projectId: 'p2', since: -1 })]
  const held = { jobs, lines, running: [task('x', 5)], limits: [limit] }

  test('is when one under it ends, and its place counts those under it alone', async () => {
    const starts = await startsOf({ ...facts, ...held })

    expect(Object.fromEntries(starts)).toEqual({
      free: { kind: 'room', inMs: 0, ahead: 0 },
      a: { kind: 'limit', inMs: 15, ahead: 0 },
      b: { kind: 'limit', inMs: 25, ahead: 1 },
    })
  })

  test('is counted as such from the moment in which the limit lets the next go, though nobody has taken that yet', async () => {
    const starts = await startsOf({ ...facts, jobs, lines: [line(['a', 'b'])], limits: [limit] })

    expect(Object.fromEntries(starts)).toEqual({
      a: { kind: 'room', inMs: 0, ahead: 0 },
      b: { kind: 'limit', inMs: 10, ahead: 1 },
    })
  })

  test('is unknown where new work is blocked; what was promoted is held by nothing', async () => {
    const blocked = { ...held, limits: [{ ...limit, maxTasks: 0 }] }

    expect(await told(blocked)).toEqual({ free: 0 })
    expect(await told({ ...blocked, lines: [line(['a'], { promoted: true })] })).toEqual({ a: 0 })
  })
})

describe('the expected start of what other jobs come before', () => {
  test('is when the longest way to it has been gone', async () => {
    const jobs = [
      job('quick', { lengths: [5], status: 'running' }),
      job('slow', { lengths: [30], status: 'running', slices: 2 }),
      job('next', { ...behind('quick') }),
      job('none', { type: 'no-op', ...behind('next') }),
      job('last', { ...behind('slow', 'none') }),
    ]
    const running = [task('quick', 0), task('slow', 0), task('slow', 4)]

    const starts = await startsOf({
      ...facts,
      agents: [{ ...agent, machine: { cpus: 8, memoryMb: 8192 } }],
      jobs,
      running,
    })

    expect(Object.fromEntries(starts)).toEqual({
      next: { kind: 'jobs', inMs: 5, ahead: null },
      none: { kind: 'jobs', inMs: 15, ahead: null },
      last: { kind: 'jobs', inMs: 30, ahead: null },
    })
  })

  test('is unknown behind an approval, and of what starts only after a failure', async () => {
    const jobs = [
      job('build', { status: 'running' }),
      job('hold', { type: 'approval', status: 'on_hold', executor: null }),
      job('deploy', { ...behind('build', 'hold') }),
      job('later', { type: 'approval', ...behind('build') }),
      job('rescue', { status: 'blocked', requires: [{ node: 'build', statuses: ['failed'] }] }),
      job('tell', { ...behind('rescue') }),
    ]

    // An approval may be given when what it requires has ended.
    expect(await told({ jobs, running: [task('build', 0)] })).toEqual({ later: 10 })
  })
})

describe('the expected start of what waits for a lock', () => {
  const locked = (workflowId: string, status: ForecastJob['status'], parts: Partial<ForecastJob> = {}) => [
    job(`${workflowId}/lock`, { workflowId, type: 'lock', lockKey: 'prod', status, name: 'lock' }),
    job(`${workflowId}/ship`, { workflowId, name: 'ship', ...behind('lock'), ...parts }),
    job(`${workflowId}/unlock`, { workflowId, type: 'unlock', lockKey: 'prod', name: 'unlock', ...behind('ship') }),
  ]
  const lock = (workflowId: string, held = false, projectId = 'p') => ({
    organizationId: 'o',
    projectId,
    key: 'prod',
    jobId: `${workflowId}/lock`,
    workflowId,
    held,
  })
  const [, ship, unlock] = locked('w1', 'success', { status: 'running' })
  const jobs = [ship!, unlock!, ...locked('w2', 'not_running'), ...locked('w3', 'not_running')]
  const locks = [lock('w1', true), lock('w2'), lock('w3')]

  test('is when its holder gives it back, then those ahead in line one after the other', async () => {
    const starts = await startsOf({ ...facts, jobs, locks, running: [task('w1/ship', 4)] })

    expect(Object.fromEntries(starts)).toEqual({
      'w2/lock': { kind: 'lock', inMs: 6, ahead: null },
      'w2/ship': { kind: 'jobs', inMs: 6, ahead: null },
      'w2/unlock': { kind: 'jobs', inMs: 16, ahead: null },
      'w3/lock': { kind: 'lock', inMs: 16, ahead: null },
      'w3/ship': { kind: 'jobs', inMs: 16, ahead: null },
      'w1/unlock': { kind: 'jobs', inMs: 6, ahead: null },
      'w3/unlock': { kind: 'jobs', inMs: 26, ahead: null },
    })
  })

  test('is unknown where its new work is blocked, and others of other projects pass it', async () => {
    const limits = [{ id: 'l', organizationId: 'o', projectId: 'blocked', resourceClass: null, maxTasks: 0 }]
    const passed = [lock('w1', true), lock('w2', false, 'blocked'), lock('w3')]

    expect(await told({ jobs, locks: passed, limits, running: [task('w1/ship', 4)] })).toEqual({
      'w1/unlock': 6,
      'w3/lock': 6,
      'w3/ship': 6,
      'w3/unlock': 16,
    })
  })

  test('is unknown while the holder waits for somebody', async () => {
    const hold = job('hold', { workflowId: 'w1', type: 'approval', status: 'on_hold' })
    const held = [{ ...unlock!, ...behind('ship', 'hold') }, hold, ...jobs.slice(2)]

    expect(await told({ jobs: held, locks, running: [task('w1/ship', 4)] })).toEqual({})
  })

  test('is when the holder’s workflow has ended, where no unlock node gives it back', async () => {
    expect(await told({ jobs: [ship!, ...locked('w2', 'not_running')], locks, running: [task('w1/ship', 4)] })).toEqual(
      {
        'w2/lock': 6,
        'w2/ship': 6,
        'w2/unlock': 16,
      },
    )
  })
})

test('what bounds the work cuts it off, and nothing else', async () => {
  const ids = Array.from({ length: 50 }, (_, index) => `j${index}`)
  const all = { ...facts, jobs: ids.map((id) => job(id)), lines: [line(ids)] }

  const few = await startsOf(all, { starts: 10, turns: 1_000 })

  expect([(await startsOf(all)).size, few.size]).toEqual([50, 10])
})

const agent = { id: 'g', executors: ['docker'], machine: { cpus: 2, memoryMb: 8192 }, maxTasks: null }
const facts: ForecastFacts = {
  agents: [agent],
  running: [],
  lines: [],
  jobs: [],
  locks: [],
  handoverMs: 0,
  limits: [],
  shares: [],
  given: [],
}

function startsOf(all: ForecastFacts, bounds?: ForecastBounds) {
  return expectedStarts(all, async () => {}, bounds)
}

async function told(parts: Partial<ForecastFacts>): Promise<Readonly<Record<string, number>>> {
  const starts = await startsOf({ ...facts, ...parts })
  return Object.fromEntries([...starts].map(([id, { inMs }]) => [id, inMs]))
}

function job(id: string, parts: Partial<ForecastJob> = {}): ForecastJob {
  return {
    id,
    workflowId: 'w',
    organizationId: 'o',
    projectId: 'p',
    name: id,
    type: 'build',
    status: 'queued',
    requires: [],
    lockKey: null,
    slices: 1,
    executor: 'docker',
    resourceClass: 'medium',
    lengths: [10],
    ...parts,
  }
}

function behind(...names: string[]): Pick<ForecastJob, 'status' | 'requires'> {
  return { status: 'blocked', requires: names.map((node) => ({ node, statuses: ['success'] })) }
}

function task(jobId: string, elapsedMs: number): ForecastFacts['running'][number] {
  const shape = { organizationId: 'o', projectId: 'p', resourceClass: 'medium', cpus: 2, memoryMb: 512 }
  return { jobId, agentId: 'g', elapsedMs, ...shape }
}

function line(jobIds: readonly string[], parts: Partial<QueueLine> = {}): ForecastLine {
  const { promoted = false, since = -1_000, ...shape } = parts
  return {
    organizationId: 'o',
    projectId: 'p',
    executor: 'docker',
    resourceClass: 'medium',
    cpus: 2,
    memoryMb: 512,
    goesOn: false,
    ...shape,
    tasks: jobIds.map((jobId, index) => ({ jobId, taskId: `${jobId}/${index}`, promoted, since: since + index / 100 })),
  }
}
