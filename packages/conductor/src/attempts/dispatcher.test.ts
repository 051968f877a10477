import { join } from 'node:path'
import { boxSealer, openFileKeyRing, openFileObjects, openFileOutput, randomId, systemClock } from '@rondo/adapters'
import { openAnswers } from '@rondo/agent'
import type { ControlPlane, ReportEntry } from '@rondo/protocol'
import {
  buildHousehold,
  buildJob,
  buildWorkflow,
  claimQuery,
  type Household,
  startTestDatabase,
  type TestDatabase,
} from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createInlineCompiler } from '../compiler/inline-compiler.ts'
import { createContinuationKeys } from '../pipelines/continuation-keys.ts'
import { createStartChecks, createUserActions } from '../pipelines/user-actions.ts'
import { createAttemptCredentials } from './attempt-credentials.ts'
import { createDispatcher } from './dispatcher.ts'
import { sweepLeases } from './lease-sweeper.ts'
import { createStandIns } from './stand-ins.ts'

let database: TestDatabase
let home: Household
let agent: string
let plane: ControlPlane
let actions: ReturnType<typeof createUserActions>

beforeAll(async () => {
  database = await startTestDatabase()
})

beforeEach(async () => {
  const { store, folder } = database
  const keyRing = await openFileKeyRing(join(folder, 'key-ring.json'))
  const publicUrl = 'http://ci.example.com'
  const dispatcher = createDispatcher({
    engine: store.engine,
    wakeups: store.wakeups,
    agents: store.agents,
    holds: store.holds,
    usage: store.usage,
    objects: await openFileObjects(join(folder, 'objects')),
    output: await openFileOutput(join(folder, 'output')),
    checks: createStartChecks(randomId),
    clock: systemClock,
    boxes: boxSealer,
    taskSpec: {
      secrets: store.secrets,
      sshKeys: store.sshKeys,
      checkoutKeys: store.checkoutKeys,
      keyRing,
      credentials: createAttemptCredentials(Buffer.alloc(32)),
      continuationKeys: createContinuationKeys(Buffer.alloc(32)),
      standIns: createStandIns(Buffer.alloc(32)),
      publicUrl,
      limits: { maxRunMs: 1000, maxOutputBytesPerStep: 1000 },
    },
  })
  actions = createUserActions({
    engine: store.engine,
    repositories: {} as never,
    compiler: createInlineCompiler(),
    publicUrl,
    clock: systemClock,
    newId: randomId,
    continuationKeys: createContinuationKeys(Buffer.alloc(32)),
  })
  home = await buildHousehold(store)
  agent = await dispatcher.register({
    name: home.user.login,
    version: '',
    hostname: '',
    os: '',
    arch: '',
    cpus: 8,
    memoryMb: 65_536,
    executors: ['docker'],
  })
  plane = openAnswers(dispatcher.controlPlane({ id: agent }))
  // What earlier tests left is out of the way of this one.
  await store.engine.claim(claimQuery(agent, { free: { cpus: 1000, memoryMb: 10_000_000, tasks: 1000 } }))
  await store.engine.refreshLeases(3_600_000)
})

afterAll(() => database.stop())

const finished = (result: 'passed' | 'failed'): ReportEntry => ({
  type: 'task-finished',
  result,
  message: null,
  at: new Date().toISOString(),
})
const step = (at: number): ReportEntry => ({
  type: 'step-started',
  step: at,
  name: `step ${at}`,
  kind: 'run',
  command: 'true',
  background: false,
  at: new Date().toISOString(),
})
const claimed = async () => (await database.store.engine.claim(claimQuery(agent, { leaseMs: -1_000 })))[0]!
const statusOf = async (id: string) => (await database.store.queries.job(id))?.job.status

describe('the journal', () => {
  test('a repeat is passed over, a gap writes nothing, and an overlap adds only what is new', async () => {
    const job = buildJob()
    await buildWorkflow(database.store, home.project, [job], { queue: true })
    const task = await claimed()
    await plane.grant(task)

    const answers = [
      await plane.report({ ...task, from: 1, entries: [step(0), step(1)] }),
      await plane.report({ ...task, from: 1, entries: [step(0), step(1)] }),
      await plane.report({ ...task, from: 4, entries: [step(3)] }),
      await plane.report({ ...task, from: 2, entries: [step(1), step(2)] }),
    ]

    expect(answers.map((answer) => answer.acknowledged)).toEqual([2, 2, 2, 3])
    expect((await database.store.queries.stepsOf(job.id)).map((entry) => entry.name)).toEqual([
      'step 0',
      'step 1',
      'step 2',
    ])
  })

  test('a last report that comes again is known, and one that says more is not taken', async () => {
    await buildWorkflow(database.store, home.project, [buildJob()], { queue: true })
    const task = await claimed()
    await plane.grant(task)
    const report = { ...task, from: 1, entries: [step(0), finished('passed')] }
    await plane.report(report)

    const repeated = await plane.report(report)

    expect(repeated).toEqual({ acknowledged: 2 })
    await expect(plane.report({ ...task, from: 3, entries: [step(1)] })).rejects.toMatchObject({ code: 'gone' })
    await expect(plane.report({ ...report, epoch: task.epoch + 1 })).rejects.toMatchObject({ code: 'gone' })
  })

  test('a claim whose answer was lost is answered again, until the attempt is started or known', async () => {
    await buildWorkflow(database.store, home.project, [buildJob()], { queue: true })
    await plane.hello({
      name: home.user.login,
      version: '',
      hostname: '',
      os: '',
      arch: '',
      cpus: 8,
      memoryMb: 65_536,
      executors: ['docker'],
    })
    const ask = {
      agentId: agent,
      free: { cpus: 8, memoryMb: 65_536, tasks: 1 },
      executors: ['docker'] as const,
      waitMs: 0,
    }
    const signal = new AbortController().signal
    const [lost] = await plane.claim({ ...ask, running: [] }, signal)

    const again = await plane.claim({ ...ask, running: [] }, signal)
    const known = await plane.claim({ ...ask, running: [lost!.attemptId] }, signal)
    await plane.grant(lost!)
    const started = await plane.claim({ ...ask, running: [] }, signal)

    expect(again).toEqual([lost])
    expect([known, started]).toEqual([[], []])
  })

  test('a start is granted once, and nothing is taken before it', async () => {
    await buildWorkflow(database.store, home.project, [buildJob()], { queue: true })
    const task = await claimed()

    await expect(plane.hasCache(task, 'key')).rejects.toMatchObject({ code: 'conflict' })
    await plane.grant(task)
    await expect(plane.grant(task)).rejects.toMatchObject({ code: 'conflict' })
    expect((await plane.resume(task)).attemptId).toBe(task.attemptId)
  })

  test('a start that is asked for after a cancel is refused, and the attempt ends with it', async () => {
    const { workflowId } = await buildWorkflow(database.store, home.project, [buildJob()], { queue: true })
    const task = await claimed()
    const { identity } = await database.store.engine.attemptContext(task.attemptId)
    await actions.cancelWorkflow(workflowId, home.user.id)
    expect((await database.store.engine.attemptContext(task.attemptId)).open).toBe(true)

    await expect(plane.grant(task)).rejects.toMatchObject({ code: 'gone' })

    expect((await database.store.engine.attemptContext(task.attemptId)).open).toBe(false)
    expect(await statusOf(identity.jobId)).toBe('canceled')
    await expect(plane.grant(task)).rejects.toMatchObject({ code: 'gone' })
  })

  test('a job ends with its last slice, and fails when any of them failed [I-042]', async () => {
    const [job, after] = [
      buildJob({ parallelism: 2 }),
      buildJob({ name: 'after', requires: [{ node: 'build', statuses: ['success'] }] }),
    ]
    const { workflowId } = await buildWorkflow(database.store, home.project, [job, after])
    await database.store.engine.transact(async (tx) => {
      await tx.saveJob({ id: job.id, status: 'queued' })
      await tx.enqueue({ id: job.id, projectId: home.project.id, parallelism: 2 }, 'docker', { cpus: 1, memoryMb: 1 })
    })
    const tasks = [await claimed(), await claimed()]
    for (const task of tasks) await plane.grant(task)

    await plane.report({ ...tasks[0]!, from: 1, entries: [finished('failed')] })
    const between = await statusOf(job.id)
    await plane.report({ ...tasks[1]!, from: 1, entries: [finished('passed')] })

    expect([between, await statusOf(job.id), await statusOf(after.id)]).toEqual(['running', 'failed', 'not_run'])
    expect((await database.store.queries.workflow(workflowId))?.status).toBe('failed')
  })
})

test('a cancel and an ending at the same time leave one final status, and neither is an error [I-038]', async () => {
  const prepared = []
  for (let n = 0; n < 24; n++) {
    const { workflowId } = await buildWorkflow(database.store, home.project, [buildJob()], { queue: true })
    const task = await claimed()
    await plane.grant(task)
    prepared.push({ workflowId, task })
  }

  const statuses = await Promise.all(
    prepared.map(async ({ workflowId, task }) => {
      await Promise.all([
        actions.cancelWorkflow(workflowId, home.user.id),
        plane.report({ ...task, from: 1, entries: [finished('passed')] }),
      ])
      return (await database.store.queries.workflow(workflowId))?.status
    }),
  )

  for (const status of statuses) expect(status).toMatch(/^(canceled|success)$/)
})

describe('a claim', () => {
  test('whose agent hung up before it took something is answered to the one that asks anew', async () => {
    const machine = { cpus: 8, memoryMb: 65_536 }
    await plane.hello({
      ...machine,
      name: home.user.login,
      version: '',
      hostname: '',
      os: '',
      arch: '',
      executors: ['docker'],
    })
    const ask = { agentId: agent, executors: ['docker' as const], running: [] }
    const none = { cpus: 0, memoryMb: 0, tasks: 0 }
    const anew = plane.claim({ ...ask, free: none, waitMs: 20_000 }, new AbortController().signal)
    const [job] = [buildJob({ name: 'unheard' })]
    await buildWorkflow(database.store, home.project, [job], { queue: true })

    const unheard = await plane.claim({ ...ask, free: { ...machine, tasks: 1 }, waitMs: 0 }, AbortSignal.abort())

    expect(unheard.map((claim) => claim.jobName)).toEqual(['unheard'])
    expect(await anew).toEqual(unheard)
    for (const claim of unheard) await plane.grant(claim)
  })
})

describe('silent agents', () => {
  /** One round over attempts as they were listed at the beginning of it, after `meanwhile` happened. */
  async function sweepAfter(meanwhile: () => Promise<unknown>): Promise<void> {
    const stop = new AbortController()
    const { engine } = database.store
    await database.agentsWereServed()
    const listing = {
      ...engine,
      refreshLeases: async () => {},
      expired: async (limit: number) => {
        const listed = await engine.expired(limit)
        await meanwhile()
        stop.abort()
        return listed
      },
    }
    const errors: unknown[] = []
    await sweepLeases(
      { engine: listing, checks: createStartChecks(randomId), clock: systemClock },
      { lostAfterMs: 0, onError: (error) => errors.push(error) },
      stop.signal,
    )
    expect(errors).toEqual([])
  }

  test('an attempt that never started is queued again, and one that did ends as an infrastructure failure [I-041 R-10]', async () => {
    const [waiting, running] = [buildJob(), buildJob({ name: 'running' })]
    for (const job of [running, waiting]) await buildWorkflow(database.store, home.project, [job], { queue: true })
    const started = await claimed()
    const idle = await claimed()
    await plane.grant(started)
    await database.store.engine.renew(agent, [started], -60_000)

    await sweepAfter(async () => {})

    expect([await statusOf(waiting.id), await statusOf(running.id)]).toEqual(['queued', 'infrastructure_fail'])
    expect((await claimed()).epoch).toBeGreaterThan(idle.epoch)
  })

  test('an attempt that got its grant while it was listed is not queued a second time', async () => {
    const job = buildJob()
    await buildWorkflow(database.store, home.project, [job], { queue: true })
    const task = await claimed()

    await sweepAfter(() => plane.grant(task))

    expect((await plane.resume(task)).attemptId).toBe(task.attemptId)
    expect(await statusOf(job.id)).toBe('running')
  })

  test('an attempt that ended while it was listed keeps its result', async () => {
    const job = buildJob()
    await buildWorkflow(database.store, home.project, [job], { queue: true })
    const task = await claimed()
    await plane.grant(task)
    await database.store.engine.renew(agent, [task], -1_000)

    await sweepAfter(() => plane.report({ ...task, from: 1, entries: [finished('passed')] }))

    expect((await database.store.queries.job(job.id))?.tasks).toMatchObject([{ result: 'passed' }])
    expect(await statusOf(job.id)).toBe('success')
  })
})
