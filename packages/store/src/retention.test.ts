import {
  buildHousehold,
  buildJob,
  buildWorkflow,
  type Household,
  startTestDatabase,
  type TestDatabase,
} from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

let database: TestDatabase
let home: Household
let admin: pg.Client

beforeAll(async () => {
  database = await startTestDatabase()
  home = await buildHousehold(database.store)
  admin = new pg.Client({ connectionString: database.connectionString })
  await admin.connect()
})

afterAll(async () => {
  await admin.end()
  await database.stop()
})

const layer = { digest: 'a'.repeat(64), size: 1 }
const expire = () => database.store.retention.expire(home.project.id, 'workspaces', 30, 100)

/** A job that was canceled so many days ago; its agent has not heard of it. */
async function canceledJob(daysAgo: number) {
  const job = buildJob({ name: 'slow' })
  const { workflowId } = await buildWorkflow(database.store, home.project, [job], { queue: true })
  await database.store.engine.transact(async (tx) => {
    await tx.saveJob({ id: job.id, status: 'canceled' })
    await tx.saveWorkflow(workflowId, 'canceled')
  })
  for (const [table, id] of [
    ['jobs', job.id],
    ['workflows', workflowId],
  ])
    await admin.query(`update ${table} set stopped_at = now() - $2 * interval '1 day' where id = $1`, [id, daysAgo])
  return job
}

const addLayer = (jobId: string) => database.store.engine.transact((tx) => tx.addLayer(jobId, 0, layer))
const layersOf = async (jobId: string) => (await database.store.engine.workspaceLayers([jobId])).length

test('a layer told of after retention took the workspace of its canceled job is dropped, one told of before is kept until then', async () => {
  const [young, old] = [await canceledJob(1), await canceledJob(40)]
  await addLayer(old.id)
  expect(await layersOf(old.id)).toBe(1)

  expect(await expire()).toMatchObject({ count: 1, more: false })
  await addLayer(old.id)
  await addLayer(young.id)

  expect(await layersOf(old.id)).toBe(0)
  expect(await layersOf(young.id)).toBe(1)
})

test('retention waits for a layer that is being written, and takes it too', async () => {
  const job = await canceledJob(35)
  const written = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const writing = database.store.engine.transact(async (tx) => {
    await tx.addLayer(job.id, 0, layer)
    written.resolve()
    await mayCommit.promise
  })
  await written.promise

  const taking = expire()
  await expect
    .poll(async () => (await admin.query(`select from pg_locks where not granted`)).rowCount, { interval: 20 })
    .toBeGreaterThan(0)
  mayCommit.resolve()
  await writing

  expect(await taking).toMatchObject({ count: 1 })
  expect(await layersOf(job.id)).toBe(0)
})
