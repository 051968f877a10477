import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventRecord } from '@rondo/model'
import { buildHousehold, type Household, startTestDatabase, type TestDatabase } from '@rondo/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

let database: TestDatabase
let home: Household
let stop: AbortController
let followed: Promise<void>

beforeAll(async () => {
  database = await startTestDatabase()
  home = await buildHousehold(database.store)
})

beforeEach(async () => {
  stop = new AbortController()
  followed = database.store.start(stop.signal)
  await followerIsReady()
})

afterEach(async () => {
  stop.abort()
  await followed
})

afterAll(() => database.stop())

test('events of many transactions at once arrive each once, and those of one transaction in its order', async () => {
  const seen = collect('many')

  await Promise.all(
    Array.from({ length: 60 }, (_, writer) =>
      database.store.engine.transact(async (tx) => {
        for (let at = 0; at < 5; at++) {
          await tx.append({ kind: 'job.changed', projectId: home.project.id, data: { mark: 'many', writer, at } })
          if (at === 2) await sleep((writer * 7) % 40)
        }
      }),
    ),
  )
  await until(() => seen.length >= 300)
  await sleep(50)

  expect(seen).toHaveLength(300)
  expect(new Set(seen.map((event) => event.id)).size).toBe(300)
  for (let writer = 0; writer < 60; writer++)
    expect(seen.filter((event) => event.data.writer === writer).map((event) => event.data.at)).toEqual([0, 1, 2, 3, 4])
})

test('an event whose transaction commits late is not skipped by one that began later', async () => {
  const seen = collect('late')
  const written = Promise.withResolvers<void>()
  const commit = Promise.withResolvers<void>()
  const slow = database.store.engine.transact(async (tx) => {
    await tx.append({ kind: 'job.changed', data: { mark: 'late', text: 'slow' } })
    // A write goes to the database with the next read.
    await tx.lockWorkflow(randomUUID())
    written.resolve()
    await commit.promise
  })
  await written.promise

  await database.store.engine.transact((tx) =>
    tx.append({ kind: 'job.changed', data: { mark: 'late', text: 'quick' } }),
  )
  await sleep(300)
  const whileOpen = seen.map((event) => event.data.text)
  commit.resolve()
  await slow
  await until(() => seen.length >= 2)

  expect(whileOpen).toEqual([])
  expect(seen.map((event) => event.data.text)).toEqual(['slow', 'quick'])
})

test('what was rolled back is never told, and positions rise', async () => {
  const seen = collect('undone')
  const append = (text: string, fail: boolean) =>
    database.store.engine.transact(async (tx) => {
      await tx.append({ kind: 'job.changed', data: { mark: 'undone', text } })
      if (fail) throw new Error('undo')
    })

  await append('one', false)
  await append('two', true).catch(() => {})
  await append('three', false)
  await until(() => seen.some((event) => event.data.text === 'three'))

  expect(seen.map((event) => event.data.text)).toEqual(['one', 'three'])
  expect(new Set(seen.map((event) => event.position)).size).toBe(2)
})

test('a notification wakes only who waits for its topic', async () => {
  await listenerIsReady()
  const woken: string[] = []
  const waits = [
    database.store.wakeups.wait('queue', 20_000, stop.signal).then(() => woken.push('queue')),
    database.store.wakeups.wait('stop', 400).then(() => woken.push('stop')),
  ]

  const began = performance.now()
  await database.store.engine.transact((tx) => tx.notify('queue'))
  await waits[0]
  const took = performance.now() - began
  const first = [...woken]
  await waits[1]

  expect(first).toEqual(['queue'])
  expect(took).toBeLessThan(2_000)
})

test('a wait ends when its signal aborts', async () => {
  const given = new AbortController()
  const waiting = database.store.wakeups.wait('queue', 60_000, given.signal)

  given.abort()

  await waiting
  await database.store.wakeups.wait('queue', 60_000, given.signal)
})

/** A connection that begins to listen wakes whoever waits, for whatever. */
async function listenerIsReady(): Promise<void> {
  let woken = false
  const waited = database.store.wakeups.wait('queue', 60_000, stop.signal).then(() => {
    woken = true
  })
  while (!woken) {
    await database.store.engine.transact((tx) => tx.notify('queue'))
    await sleep(20)
  }
  await waited
}

function collect(mark: string): EventRecord[] {
  const seen: EventRecord[] = []
  database.store.live.subscribe((event) => {
    if (event.data.mark === mark) seen.push(event)
  })
  return seen
}

/** The follower starts at the end of the log; it is ready when it tells of something new. */
async function followerIsReady(): Promise<void> {
  const mark = `ready-${performance.now()}`
  const seen = collect(mark)
  await until(async () => {
    await database.store.engine.transact((tx) => tx.append({ kind: 'job.changed', data: { mark } }))
    return seen.length > 0
  })
}

async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(20)) if (await look()) return
  throw new Error('it did not happen within 15 seconds')
}
