import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openFileOutput } from '@rondo/adapters'
import type { ClaimedTask, Pipeline, StoredObject } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doDueChores } from '../chores/chores.ts'
import { createAttemptCredentials } from './attempt-credentials.ts'
import { checkoutProject } from './checkout-project.ts'
import { sweepLeases } from './lease-sweeper.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
  deploy: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - build
      - deploy: {requires: [build]}
`
const at = '2026-01-01T00:00:00.000Z'
const started = { type: 'step-started', step: 0, name: 'x', kind: 'run', command: 'x', background: false, at } as const
const text = (content: string) =>
  (async function* () {
    yield Buffer.from(content)
  })()

describe('a server that is killed and starts again', () => {
  test('hands out the caches and workspace layers that it named before, and nothing else', async () => {
    const pipeline = await push()
    const first = await engine.take(pipeline, 'build')
    const layer = await engine.plane.uploadObject(first, text('layer'), AbortSignal.timeout(5_000))
    const cache = await engine.plane.uploadObject(first, text('cache'), AbortSignal.timeout(5_000))
    const other = await engine.plane.uploadObject(first, text('other'), AbortSignal.timeout(5_000))
    await engine.plane.report({
      ...first,
      from: 1,
      entries: [
        { type: 'workspace-persisted', object: layer },
        { type: 'cache-saved', key: 'k', object: cache },
        { type: 'task-finished', result: 'passed', message: null, at },
      ],
    })
    const task = await engine.take(pipeline, 'deploy')
    const named = [...(await engine.plane.findWorkspace(task)), (await engine.plane.findCache(task, ['k']))!.object]

    const later = engine.restart()

    const read = async (object: StoredObject) =>
      Buffer.concat(
        await Array.fromAsync(await later.downloadObject(task, object.digest, AbortSignal.timeout(5_000))),
      ).toString()
    expect(await Promise.all(named.map(read))).toEqual(['layer', 'cache'])
    await expect(later.downloadObject(task, other.digest, AbortSignal.timeout(5_000))).rejects.toMatchObject({
      code: 'forbidden',
    })
    await engine.end(task)
  })

  test('output that comes before its step is reported is the output of that step', async () => {
    const pipeline = await push()
    const task = await engine.take(pipeline, 'build')
    const early = await engine.plane.appendOutput(task, 0, 0, Buffer.from('early\n'))
    engine.restart()
    await engine.plane.report({ ...task, from: 1, entries: [started] })
    const later = await engine.plane.appendOutput(task, 0, 6, Buffer.from('later\n'))

    const [step] = await engine.database.store.queries.stepsOf((await engine.job(pipeline, 'build')).id)
    const kept = Buffer.concat(await Array.fromAsync(engine.output.read(step!.id, 0))).toString()
    expect([early.size, later.size, kept]).toEqual([6, 12, 'early\nlater\n'])
    await expect(engine.plane.appendOutput(task, -1, 0, Buffer.from('x'))).rejects.toMatchObject({
      code: 'bad-request',
    })
    await engine.end(task)
  })

  test('between the end of a step and the end of its output ends the output afterwards', async () => {
    const pipeline = await push()
    const task = await engine.take(pipeline, 'build')
    const bytes = Buffer.from('line\n'.repeat(2_000))
    await engine.plane.report({ ...task, from: 1, entries: [started] })
    await engine.plane.appendOutput(task, 0, 0, bytes)
    await engine.plane.report({
      ...task,
      from: 2,
      entries: [
        {
          type: 'step-finished',
          step: 0,
          result: 'passed',
          exitCode: 0,
          outputBytes: bytes.length,
          outputSha256: createHash('sha256').update(bytes).digest('hex'),
          truncated: false,
          at,
        },
      ],
    })
    const [step] = await engine.database.store.queries.stepsOf((await engine.job(pipeline, 'build')).id)
    const closed: boolean[] = []
    engine.output.watch(step!.id, (_size, isClosed) => closed.push(isClosed))

    engine.restart()
    await engine.settle()

    expect(closed).toEqual([true])
    expect(await engine.database.store.engine.dueChores(10)).toEqual([])
  })
})

test('a chore that cannot be done is told, put off, and keeps no other from being done', async () => {
  const { engine: port } = engine.database.store
  const missing = '00000000-0000-7000-8000-000000000000'
  await port.transact((tx) => tx.addChore('close-output', missing))
  await port.transact((tx) => tx.addChore('close-output', missing))
  let calls = 0
  const errors: unknown[] = []
  const output = {
    ...engine.output,
    size: async () => 0,
    read: async function* () {},
    close: async () => {
      if (++calls === 1) throw new Error('the disk is full')
    },
  }

  await doDueChores({ engine: port, checks: engine.checks, output }, (error) => errors.push(error))

  expect([calls, errors.length, (await port.dueChores(10)).length]).toEqual([2, 1, 0])
})

test('every event of a step names its pipeline and its organisation', async () => {
  const pipeline = await push()
  const task = await engine.take(pipeline, 'build')
  await engine.plane.report({ ...task, from: 1, entries: [started] })

  const history = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })

  const step = history.items.find((event) => event.kind === 'step.started')
  expect(step).toMatchObject({ pipelineId: pipeline.id, organizationId: expect.any(String), jobName: 'build' })
})

test('a checkout password opens the repository while its attempt runs, and not before or after', async () => {
  const credentials = createAttemptCredentials(Buffer.alloc(32))
  const opens = (password: string) => checkoutProject({ engine: engine.database.store.engine, credentials }, password)
  const pipeline = await push()
  const [task] = await engine.claim()
  const password = credentials.issue(task!.attemptId)

  const before = await opens(password)
  await engine.plane.grant(task!)
  const during = await opens(password)
  await engine.end(task!)
  const after = await opens(password)

  expect([before, during, after]).toEqual([undefined, pipeline.projectId, undefined])
  expect(await opens(`${password.slice(0, -1)}!`)).toBeUndefined()
})

test('what a job was given opens nothing for another, nor once it has ended, however it ended or is spelt [S-11]', async () => {
  const credentials = createAttemptCredentials(Buffer.alloc(32))
  const opens = (password: string) => checkoutProject({ engine: engine.database.store.engine, credentials }, password)
  const ended: { readonly password: string; readonly task: ClaimedTask }[] = []
  for (const result of ['passed', 'failed', 'timed-out', 'canceled', 'lost'] as const) {
    const pipeline = await push()
    const task = await engine.take(pipeline, 'build')
    const password = credentials.issue(task.attemptId)
    expect(await opens(password)).toBe(pipeline.projectId)
    await engine.end(task, result)
    ended.push({ password, task })
  }
  const running = await push()
  const tasks = [await engine.take(running, 'build')]
  const neighbour = await push()
  tasks.push(await engine.take(neighbour, 'build'))
  const passwords = tasks.map((task) => credentials.issue(task.attemptId))
  const [[id = '', signature = ''] = [], [otherId = ''] = []] = passwords.map((text) => text.slice(4).split('.'))
  const forged = [
    ...ended.map(({ password }) => password),
    `rat_${otherId}.${signature}`,
    `rat_${id}.${'A'.repeat(43)}`,
    `rat_${id}`,
    `rat_${id}.`,
    `${passwords[0]} `,
    createAttemptCredentials(Buffer.alloc(32, 1)).issue(id),
    ...Array.from({ length: 43 }, (_, at) => {
      const flipped = signature[at] === 'A' ? 'B' : 'A'
      return `rat_${id}.${signature.slice(0, at)}${flipped}${signature.slice(at + 1)}`
    }),
  ]

  // The last character of 32 bytes in base64 carries two bits that mean nothing.
  const accepted: string[] = []
  for (const password of forged) if ((await opens(password)) !== undefined) accepted.push(password)

  expect(accepted).toEqual([])
  expect(await Promise.all(passwords.map(opens))).toEqual([running.projectId, neighbour.projectId])
  for (const { task } of ended)
    await expect(engine.plane.mintToken(task, { rootIssuer: false })).rejects.toMatchObject({ code: 'gone' })
  for (const task of tasks) await engine.end(task)
})

test('an attempt that was queued again takes its old checkout password with it', async () => {
  const credentials = createAttemptCredentials(Buffer.alloc(32))
  const pipeline = await push()
  const task = await engine.take(pipeline, 'build')
  await engine.database.store.engine.transact((tx) => tx.requeue(task))

  const { engine: port } = engine.database.store
  expect(await checkoutProject({ engine: port, credentials }, credentials.issue(task.attemptId))).toBeUndefined()
})

describe('after an outage', () => {
  /** Rounds of the sweeper on a clock that a test moves; `fails` makes the next look fail. */
  async function rounds(each: readonly (() => void)[], clock: { ms: number }, fail: () => Error | undefined) {
    const { engine: port } = engine.database.store
    const stop = new AbortController()
    let refreshed = 0
    let round = 0
    await sweepLeases(
      {
        engine: {
          ...port,
          servedSince: async () => new Date(0),
          refreshLeases: async () => void refreshed++,
          expired: async () => {
            const error = fail()
            if (error) throw error
            return []
          },
        },
        checks: engine.checks,
        clock: {
          now: () => new Date(0),
          monotonicMs: () => clock.ms,
          sleep: async (ms) => {
            clock.ms += ms
            each[round++]?.()
            if (round >= each.length) stop.abort()
          },
        },
      },
      { everyMs: 5_000 },
      stop.signal,
    )
    return refreshed
  }

  test('of the database every lease gets a full term before anybody is given up', async () => {
    let error: Error | undefined
    const clock = { ms: 0 }
    const steps = [() => (error = new Error('away')), () => (error = undefined), () => {}, () => {}]

    expect(await rounds(steps, clock, () => error)).toBe(2)
  })

  test('so does a server that stood still, for nobody could renew meanwhile', async () => {
    const clock = { ms: 0 }
    const steps = [() => {}, () => (clock.ms += 60_000), () => {}, () => {}]

    expect(await rounds(steps, clock, () => undefined)).toBe(2)
  })
})

test('a stopped output store has written and closed all it was given', async () => {
  const folder = join(engine.database.folder, 'stopped-output')
  const stepId = '00000000-0000-7000-8000-000000000001'
  const output = await openFileOutput(folder)
  await output.append(stepId, 0, Buffer.from('all of it'))
  await output[Symbol.asyncDispose]()

  const again = await openFileOutput(folder)
  expect(await again.size(stepId)).toBe(9)
  await again[Symbol.asyncDispose]()
})

async function push(): Promise<Pipeline> {
  const { project } = await engine.home()
  for (const task of await engine.claim()) await engine.finish(task)
  return engine.push(project, config)
}
