import { startTestDatabase, type TestDatabase } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStore } from './store.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await startTestDatabase()
})

afterAll(() => database.stop())

test('migrations apply to an empty database once, and a second start applies none [I-083]', async () => {
  const store = createStore({ connectionString: await emptyDatabase('once') })

  const counts = [await store.migrate(), await store.migrate()]
  await store.close()

  expect(counts[0]).toBeGreaterThan(0)
  expect(counts[1]).toBe(0)
})

test('servers that start together apply each migration once [I-083]', async () => {
  const connectionString = await emptyDatabase('together')
  const stores = [1, 2, 3, 4].map(() => createStore({ connectionString }))

  const counts = await Promise.all(stores.map((store) => store.migrate()))
  await Promise.all(stores.map((store) => store.close()))

  expect(counts.filter((count) => count > 0)).toHaveLength(1)
})

test('a migration that fails leaves nothing and blocks the start [I-083]', async () => {
  const connectionString = await emptyDatabase('failing')
  await run(connectionString, 'create table jobs (stranger text)')
  const store = createStore({ connectionString })

  await expect(store.migrate()).rejects.toThrow(/jobs/)
  await store.close()

  const tables = await run(connectionString, `select tablename from pg_tables where schemaname = 'public'`)
  expect(tables).toEqual([{ tablename: 'jobs' }])
})

async function emptyDatabase(name: string): Promise<string> {
  await run(database.connectionString, `create database ${name}`)
  return database.connectionString.replace(/\/postgres$/, `/${name}`)
}

async function run(connectionString: string, statement: string): Promise<readonly object[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}
