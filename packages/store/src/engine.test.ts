import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import {
  buildAgent,
  buildHousehold,
  buildJob,
  buildWorkflow,
  claimOne,
  claimQuery,
  type Household,
  startTestDatabase,
  type TestDatabase,
} from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from './store.ts'

let database: TestDatabase
let store: Store
let home: Household
let agent: string

beforeAll(async () => {
  database = await startTestDatabase()
  store = database.store
})

beforeEach(async () => {
  home = await buildHousehold(store)
  agent = await buildAgent(store)
})

afterAll(() => database.stop())

describe('claiming', () => {
  test('twenty claimers take two hundred tasks, each once', async () => {
    await buildWorkflow(store, home.project, [buildJob({ parallelism: 200 })], { queue: true })
    const claimers = await Promise.all(Array.from({ length: 20 }, () => buildAgent(store)))

    const taken = await Promise.all(
      claimers.map(async (claimer) => {
        const own = []
        for (let idle = 0; idle < 3; ) {
          const claimed = await store.engine.claim(claimQuery(claimer))
          own.push(...claimed)
          idle = claimed.length === 0 ? idle + 1 : 0
        }
        return own
      }),
    )

    const contexts = await Promise.all(taken.flat().map((task) => store.engine.attemptContext(task.attemptId)))
    expect(contexts.map((context) => context.identity.taskIndex).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 200 }, (_, index) => index),
    )
    expect(new Set(taken.flat().map((task) => task.attemptId)).size).toBe(200)
    expect(await store.engine.claim(claimQuery(agent))).toEqual([])
  })

  test('the oldest task that fits goes first, and one claim takes no more than there is room for', async () => {
    const jobs = ['a', 'b', 'c', 'd'].map((name) => buildJob({ name }))
    for (const job of jobs) await buildWorkflow(store, home.project, [job], { queue: true })

    const first = await store.engine.claim(claimQuery(agent, { free: { cpus: 3, memoryMb: 8192, tasks: 10 } }))
    const second = await store.engine.claim(claimQuery(agent, { free: { cpus: 64, memoryMb: 2048, tasks: 10 } }))

    expect(first.map((task) => task.jobName)).toEqual(['a', 'b', 'c'])
    expect(second.map((task) => task.jobName)).toEqual(['d'])
  })

  test('a task larger than the machine counts as the whole machine, and other executors are left waiting', async () => {
    await buildWorkflow(store, home.project, [buildJob({ name: 'big' })], { queue: true })
    const small = { cpus: 0.5, memoryMb: 512 }

    const foreign = await store.engine.claim(claimQuery(agent, { executors: ['machine'] }))
    const [taken] = await store.engine.claim(claimQuery(agent, { machine: small, free: { ...small, tasks: 1 } }))

    expect(foreign).toEqual([])
    expect(taken).toMatchObject({ jobName: 'big', ...small })
  })
})

describe('the fence', () => {
  test('another epoch, another agent and an ended attempt are gone', async () => {
    await buildWorkflow(store, home.project, [buildJob()], { queue: true })
    const task = await claimOne(store, agent)
    const other = await buildAgent(store)

    expect(await store.engine.check(agent, task)).toMatchObject({ attemptId: task.attemptId, granted: false })
    await expect(store.engine.check(agent, { ...task, epoch: task.epoch - 1 })).rejects.toMatchObject({ code: 'gone' })
    await expect(store.engine.check(agent, { ...task, epoch: task.epoch + 1 })).rejects.toMatchObject({ code: 'gone' })
    await expect(store.engine.check(other, task)).rejects.toMatchObject({ code: 'gone' })
    await store.engine.transact((tx) => tx.finishAttempts([{ ...task, result: 'passed' }]))
    await expect(store.engine.transact((tx) => tx.fence(agent, task))).rejects.toMatchObject({ code: 'gone' })
  })

  test('after a requeue the task goes to the next agent with a higher epoch, and the first may not write any more', async () => {
    await buildWorkflow(store, home.project, [buildJob()], { queue: true })
    const other = await buildAgent(store)
    const before = await claimOne(store, agent)

    await store.engine.transact((tx) => tx.requeue(before))
    const after = await claimOne(store, other)

    expect(after.epoch).toBeGreaterThan(before.epoch)
    await expect(store.engine.check(agent, before)).rejects.toMatchObject({ code: 'gone' })
    expect(await store.engine.renew(agent, [before], 30_000)).toEqual([{ attemptId: before.attemptId, reason: 'gone' }])
    expect(await store.engine.renew(other, [after], 30_000)).toEqual([])
  })

  test('a task whose job was canceled while it was claimed is not queued again', async () => {
    const job = buildJob()
    await buildWorkflow(store, home.project, [job], { queue: true })
    const task = await claimOne(store, agent)

    await store.engine.transact((tx) => tx.stopTasks(job.id, 'canceled'))
    await store.engine.transact((tx) => tx.requeue(task))

    expect(await store.engine.claim(claimQuery(agent))).toEqual([])
    expect((await store.queries.job(job.id))?.tasks).toMatchObject([{ phase: 'finished', result: 'canceled' }])
  })

  test('a start is granted once, however many ask at the same time', async () => {
    await buildWorkflow(store, home.project, [buildJob()], { queue: true })
    const task = await claimOne(store, agent)

    const answers = await Promise.all(Array.from({ length: 8 }, () => store.engine.transact((tx) => tx.grant([task]))))

    expect(answers.filter((granted) => granted.has(task.attemptId))).toHaveLength(1)
    expect(await store.engine.check(agent, task)).toMatchObject({ granted: true })
  })

  test('a canceled job stops what runs at the next sign of life and removes what waits [I-038]', async () => {
    const job = buildJob({ parallelism: 2 })
    await buildWorkflow(store, home.project, [job], { queue: true })
    const task = await claimOne(store, agent)

    await store.engine.transact((tx) => tx.stopTasks(job.id, 'canceled'))

    expect(await store.engine.renew(agent, [task], 30_000)).toEqual([{ attemptId: task.attemptId, reason: 'canceled' }])
    expect(await store.engine.claim(claimQuery(agent))).toEqual([])
  })
})

describe('leases', () => {
  test('an attempt without a sign of life expires, and a renewed or refreshed one does not', async () => {
    await buildWorkflow(store, home.project, [buildJob({ parallelism: 3 })], { queue: true })
    const [silent, renewed, refreshed] = [
      await claimOne(store, agent, { leaseMs: -5_000 }),
      await claimOne(store, agent, { leaseMs: -1_000 }),
      await claimOne(store, agent, { leaseMs: -1_000 }),
    ]
    await store.engine.renew(agent, [renewed], 30_000)
    const own = async () =>
      (await store.engine.expired(1_000)).filter((attempt) =>
        [silent, renewed, refreshed].some((task) => task.attemptId === attempt.attemptId),
      )

    const before = await own()
    await store.engine.refreshLeases(30_000)

    expect(before.map((attempt) => attempt.attemptId)).toEqual([silent.attemptId, refreshed.attemptId])
    expect(before[0]).toMatchObject({ granted: false, attempts: 1 })
    expect(before[0]!.lateMs).toBeGreaterThanOrEqual(5_000)
    expect(await own()).toEqual([])
  })

  test('a silent attempt is given up only when somebody could have heard it for a whole term, by the clock of that moment', async () => {
    await buildWorkflow(store, home.project, [buildJob()], { queue: true })
    const task = await claimOne(store, agent, { leaseMs: -5_000 })
    const role = `heard by ${home.project.id}`
    const heldAfter = (pauseMs: number, served: { awayAfterMs: number; forMs: number }) =>
      store.engine.transact(async (tx) => {
        await tx.contextNames(home.organization.id, home.project.id)
        await setTimeout(pauseMs)
        return tx.lockExpired({ ...task, granted: false }, { role, ...served })
      })

    const withoutAnybody = await heldAfter(0, { awayAfterMs: 60_000, forMs: 0 })
    await store.engine.announce({ name: role, roles: [role] }, 60_000)
    const tooSoon = await heldAfter(0, { awayAfterMs: 60_000, forMs: 60_000 })
    const inTime = await heldAfter(0, { awayAfterMs: 60_000, forMs: 0 })
    const stoodStill = await heldAfter(150, { awayAfterMs: 100, forMs: 0 })

    expect({ withoutAnybody, tooSoon, inTime, stoodStill }).toEqual({
      withoutAnybody: false,
      tooSoon: false,
      inTime: true,
      stoodStill: false,
    })
  })
})

describe('a limit', () => {
  test('waits for claims that began before it, so that what they take is counted', async () => {
    const claimer = new pg.Client({ connectionString: database.connectionString })
    await claimer.connect()
    const waiting = async () =>
      (
        await claimer.query(
          `select from pg_locks where relation = 'task_limits'::regclass and mode = 'ExclusiveLock' and not granted`,
        )
      ).rowCount
    await claimer.query('begin')
    // As a claim reads limits, of which there is none yet.
    await claimer.query('select from task_limits for update')
    const scope = { organizationId: home.organization.id, projectId: null, resourceClass: null }
    const steps: string[] = []
    const set = store.queue.setLimit(scope, 1).then(() => steps.push('limit'))

    while ((await waiting()) !== 1) await setTimeout(5)
    steps.push('claim')
    await claimer.query('commit')
    await set

    expect(steps).toEqual(['claim', 'limit'])
    await store.queue.setLimit(scope, undefined)
    await claimer.end()
  })
})

describe('the journal', () => {
  test('the last sequence number acknowledged is what the next fence answers', async () => {
    await buildWorkflow(store, home.project, [buildJob()], { queue: true })
    const task = await claimOne(store, agent)

    await store.engine.transact((tx) => tx.acknowledge(task.attemptId, 7, 30_000))

    expect(await store.engine.transact((tx) => tx.fence(agent, task))).toMatchObject({ acknowledged: 7 })
  })

  test('a step reported twice is one step', async () => {
    await buildWorkflow(store, home.project, [buildJob()], { queue: true })
    const task = await claimOne(store, agent)
    const other = randomUUID()
    const step = {
      id: randomUUID(),
      attemptId: task.attemptId,
      taskIndex: 0,
      index: 0,
      name: 'echo',
      type: 'run',
      command: 'echo',
      background: false,
      at: new Date().toISOString(),
    }

    const ids = [
      await store.engine.transact((tx) => tx.startSteps([step, { ...step, index: 1, id: other }, step])),
      await store.engine.transact((tx) => tx.startSteps([{ ...step, id: randomUUID() }])),
    ]

    expect(ids).toEqual([[step.id, other, step.id], [step.id]])
    expect(await store.engine.stepId(task.attemptId, 0)).toBe(step.id)
  })

  test('steps end together; of two words about one the later holds, and one that never began has none', async () => {
    await buildWorkflow(store, home.project, [buildJob()], { queue: true })
    const task = await claimOne(store, agent)
    const at = new Date().toISOString()
    const begun = [0, 1].map((index) => ({
      id: randomUUID(),
      attemptId: task.attemptId,
      taskIndex: 0,
      index,
      name: `step ${index}`,
      type: 'run',
      command: null,
      background: false,
      at,
    }))
    const ended = (index: number, exitCode: number | null) => ({
      attemptId: task.attemptId,
      index,
      result: exitCode === 0 ? ('passed' as const) : ('failed' as const),
      exitCode,
      outputBytes: 3,
      outputSha256: 'sum',
      truncated: false,
      at,
    })

    const ids = await store.engine.transact(async (tx) => {
      await tx.startSteps(begun)
      return tx.finishSteps([ended(1, null), ended(0, 7), ended(9, 0), ended(0, 0)])
    })

    expect(ids).toEqual([begun[1]!.id, begun[0]!.id, undefined, begun[0]!.id])
    expect(await store.queries.step(begun[0]!.id)).toMatchObject({ name: 'step 0', result: 'passed', exitCode: 0 })
    expect(await store.queries.step(begun[1]!.id)).toMatchObject({ name: 'step 1', result: 'failed', exitCode: null })
  })

  test('chores are ended together, whoever has ended some of them before', async () => {
    const due = async () =>
      (await store.engine.dueChores(1_000)).filter(({ subjectId }) => subjects.includes(subjectId))
    const subjects: readonly string[] = [randomUUID(), randomUUID(), randomUUID()]
    await store.engine.transact(async (tx) => {
      for (const subjectId of subjects) await tx.addChore('close-output', subjectId)
    })
    const [first, second] = (await due()).map(({ id }) => id)
    await store.engine.transact((tx) => tx.takeChore(first!))

    await store.engine.transact((tx) => tx.takeChores([second!, first!]))

    expect((await due()).map(({ subjectId }) => subjectId)).toEqual([subjects[2]])
  })

  test('what fails in a transaction is undone as a whole', async () => {
    const { workflowId } = await buildWorkflow(store, home.project, [buildJob()])

    const failing = store.engine.transact(async (tx) => {
      await tx.saveWorkflow(workflowId, 'success')
      throw new Error('stop')
    })

    await expect(failing).rejects.toThrow('stop')
    expect(await store.queries.workflow(workflowId)).toMatchObject({ status: 'running', stoppedAt: null })
  })
})

describe('caches', () => {
  const own = (source = '') => ({ projectId: home.project.id, source })
  const object = (digit: string) => ({ digest: digit.repeat(64), size: 10 })
  const save = (key: string, digit: string, project = home.project.id, source = '') =>
    store.engine.transact((tx) => tx.saveCache({ projectId: project, source }, key, object(digit)))

  test('a key is immutable: the first that saves it is kept, also among writers at the same time [I-012]', async () => {
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((digit) => save('deps-v1', digit)))
    const again = await save('deps-v1', 'e')

    const winner = ['a', 'b', 'c', 'd'][answers.indexOf(true)]!
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect(again).toBe(false)
    expect((await store.engine.findCache(own(), ['deps-v1']))?.object).toEqual(object(winner))
    expect(await store.engine.hasCache(own(), 'deps-v1')).toBe(true)
    expect(await store.engine.hasCache(own(), 'deps')).toBe(false)
  })

  test('keys are tried in order, each as a prefix, and the newest match wins [I-013]', async () => {
    for (const [key, digit] of [
      ['deps-main-1', 'a'],
      ['deps-main-2', 'b'],
      ['deps-other-1', 'c'],
      ['tools', 'd'],
    ] as const)
      await save(key, digit)
    const found = async (...keys: string[]) => (await store.engine.findCache(own(), keys))?.key

    expect(await found('deps-main-')).toBe('deps-main-2')
    expect(await found('deps-main-1')).toBe('deps-main-1')
    expect(await found('nothing', 'deps-main-', 'tools')).toBe('deps-main-2')
    expect(await found('deps-')).toBe('deps-other-1')
    expect(await found('nothing')).toBeUndefined()
  })

  test('signs that mean something in patterns mean themselves in a key [I-013]', async () => {
    await save('v1-100%_done', 'a')
    await save('v1-100xydone', 'b')

    expect((await store.engine.findCache(own(), ['v1-100%_']))?.key).toBe('v1-100%_done')
    expect(await store.engine.findCache(own(), ['%'])).toBeUndefined()
  })

  test('what a pull request from a fork saves is for that pull request alone, and it sees nothing else', async () => {
    const found = async (source: string) => (await store.engine.findCache(own(source), ['deps']))?.object.digest[0]
    const reads = (source: string, digit: string) => store.engine.mayRead(own(source), [], digit.repeat(64))
    await save('deps', 'a')
    await save('deps', 'b', home.project.id, 'pull/7')
    await save('deps-newer', 'c', home.project.id, 'pull/8')

    expect(await Promise.all(['', 'pull/7', 'pull/8', 'pull/9'].map(found))).toEqual(['a', 'b', 'c', undefined])
    expect(await Promise.all([reads('', 'a'), reads('', 'b'), reads('pull/7', 'a'), reads('pull/7', 'c')])).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(await store.engine.hasCache(own('pull/9'), 'deps')).toBe(false)
  })

  test('a project does not see the caches of another [I-015]', async () => {
    const other = await buildHousehold(store)
    await save('shared', 'a', other.project.id)

    expect(await store.engine.findCache(own(), ['shared'])).toBeUndefined()
    expect(await save('shared', 'b')).toBe(true)
  })
})

test('workspace layers come in the order of the jobs asked for, then by slice, then as they were written [I-016]', async () => {
  const [first, second] = [buildJob({ name: 'first' }), buildJob({ name: 'second' })]
  await buildWorkflow(store, home.project, [first, second])
  await store.engine.transact(async (tx) => {
    for (const [job, slice, digit] of [
      [second, 0, 'c'],
      [first, 1, 'b'],
      [first, 0, 'a'],
      [first, 1, 'd'],
    ] as const)
      await tx.addLayer(job.id, slice, { digest: digit.repeat(64), size: 1 })
  })

  const layers = await store.engine.workspaceLayers([first.id, second.id])

  expect(layers.map((layer) => `${layer.digest[0]} ${layer.nodeIndex}`)).toEqual(['a 0', 'b 1', 'd 1', 'c 0'])
  expect(layers.map((layer) => layer.jobId === first.id)).toEqual([true, true, true, false])
})

test('build numbers of a project rise without a gap, and a job keeps the one it has [I-035]', async () => {
  const jobs = Array.from({ length: 12 }, (_, at) => buildJob({ name: `job-${at}` }))
  await buildWorkflow(store, home.project, jobs)

  await Promise.all(
    [...jobs, ...jobs].map((job) =>
      store.engine.transact((tx) => tx.numberJob({ id: job.id, projectId: home.project.id })),
    ),
  )

  const numbers = await Promise.all(jobs.map(async (job) => (await store.queries.job(job.id))?.job.number))
  expect(numbers.toSorted((a, b) => a! - b!)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1))
})
