import { setTimeout as sleep } from 'node:timers/promises'
import {
  buildAgent,
  buildHousehold,
  buildJob,
  buildWorkflow,
  claimOne,
  startTestDatabase,
  type TestDatabase,
} from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let database: TestDatabase
const stop = new AbortController()
let supervised: Promise<void>

beforeAll(async () => {
  database = await startTestDatabase()
  supervised = database.postgres.supervise(stop.signal)
})

afterAll(async () => {
  stop.abort()
  await supervised
  await database.stop()
})

test('when PostgreSQL is killed, calls are refused as unavailable, what was committed is there afterwards, and nothing else [I-084]', async () => {
  const { store, postgres } = database
  const home = await buildHousehold(store)
  const agent = await buildAgent(store)
  const { workflowId } = await buildWorkflow(store, home.project, [buildJob({ parallelism: 2 })], { queue: true })
  const task = await claimOne(store, agent)

  const torn = store.engine.transact(async (tx) => {
    await tx.saveWorkflow(workflowId, 'failed')
    process.kill(postgres.pid()!, 'SIGKILL')
    for (;;) {
      await tx.acknowledge(task.attemptId, 1, 30_000)
      // What is written goes out before the next read.
      await tx.statusesOf([workflowId])
      await sleep(5)
    }
  })
  const outcome = torn.then(
    () => undefined,
    (error: unknown) => error,
  )
  const refusals = await untilBack(() => store.engine.check(agent, task))

  expect(await outcome).toMatchObject({ code: 'unavailable' })
  expect(refusals.every((error) => (error as { code?: string }).code === 'unavailable')).toBe(true)
  expect(await store.queries.workflow(workflowId)).toMatchObject({ status: 'running' })
  expect(await store.engine.check(agent, task)).toMatchObject({ attemptId: task.attemptId })
  expect((await claimOne(store, agent)).attemptId).not.toBe(task.attemptId)
})

test('whoever waits for a notification is woken after the connection was rebuilt, and events go on [I-084]', async () => {
  const { store, postgres } = database
  const following = new AbortController()
  const followed = store.start(following.signal)
  const home = await buildHousehold(store)
  const seen: string[] = []
  using _subscription = store.live.subscribe((event) => seen.push(String(event.data.text)))
  const append = (text: string) =>
    store.engine.transact((tx) => tx.append({ kind: 'pipeline.created', projectId: home.project.id, data: { text } }))
  await untilSeen(async () => {
    await append('before')
    return seen.includes('before')
  })

  const woken = store.wakeups.wait('queue', 60_000)
  process.kill(postgres.pid()!, 'SIGKILL')
  await untilBack(() => store.accounts.userCount())
  await woken
  await append('after')
  await untilSeen(async () => seen.includes('after'))

  expect(seen.filter((text) => text === 'after')).toEqual(['after'])
  following.abort()
  await followed
})

/** Asks until it is answered after at least one refusal; answers the refusals. */
async function untilBack(ask: () => Promise<unknown>): Promise<readonly unknown[]> {
  const refusals: unknown[] = []
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(5)) {
    try {
      await ask()
      if (refusals.length > 0) return refusals
    } catch (error) {
      refusals.push(error)
    }
  }
  throw new Error('the database did not come back, or was never away')
}

async function untilSeen(look: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(20)) if (await look()) return
  throw new Error('it was not seen within 15 seconds')
}
