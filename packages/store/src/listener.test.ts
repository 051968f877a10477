import { setTimeout as sleep } from 'node:timers/promises'
import { startTcpProxy, startTestDatabase, type TcpProxy, type TestDatabase } from '@rondo/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from './database.ts'
import { createListener, type Listener } from './listener.ts'

let database: TestDatabase
let direct: Database
let proxy: TcpProxy
let listener: Listener
let listening: Promise<void>
const stop = new AbortController()
const hour = 3_600_000
/** Whether the next answer to `listen` is lost, and how many were. */
let losing = false
let lost = 0

beforeAll(async () => {
  database = await startTestDatabase()
  direct = openDatabase(database.connectionString, 4)
  const url = new URL(database.connectionString)
  proxy = await startTcpProxy({
    targetPort: Number(url.port),
    alter(said) {
      if (!losing || !said.includes('LISTEN\0')) return said
      losing = false
      lost++
      return Buffer.alloc(0)
    },
  })
  url.port = String(proxy.port)
  listener = createListener(url.href, { probeEveryMs: 100, probeLimitMs: 500 })
  listening = listener.start(stop.signal)
})

afterAll(async () => {
  stop.abort()
  await proxy.stop()
  await listening
  await direct.close()
  await database.stop()
})

/** Says it until somebody who waits is woken; nothing else wakes within the hour. */
async function heard(topic: 'chores' | 'events'): Promise<void> {
  const woken = listener.wait(topic, hour).then(() => true)
  for (;;) {
    await direct.rows(sql`select pg_notify('rondo', ${topic})`)
    if (await Promise.race([woken, sleep(50, false)])) return
  }
}

test('a listener whose backend is ended listens again, and wakes whoever waited meanwhile [R-06]', async () => {
  await heard('chores')
  const woken = listener.wait('queue', hour)

  await direct.rows(
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = '' and query in ('listen rondo', 'select 1')`,
  )

  await woken
  await heard('events')
})

test('a listener whose connection is half-open is found out by its probe, and wakes whoever waited meanwhile [R-06]', async () => {
  await heard('chores')
  const woken = listener.wait('queue', hour)

  for (const connection of proxy.connections) connection.hold()

  await woken
  await heard('events')
})

test('a connection that falls silent before it listens is given up as well', async () => {
  losing = true
  const woken = listener.wait('queue', hour)

  proxy.cut()

  await woken
  expect(lost).toBe(1)
  await heard('events')
})
