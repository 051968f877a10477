import { startTcpProxy, startTestDatabase, type TcpProxy, type TestDatabase } from '@rondo/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from './database.ts'

let database: TestDatabase
let proxy: TcpProxy
/** Says it at the end of what the server answers next. */
let lastWord: Buffer | undefined

beforeAll(async () => {
  database = await startTestDatabase()
  proxy = await startTcpProxy({
    targetPort: Number(new URL(database.connectionString).port),
    alter(said) {
      const altered = lastWord === undefined ? said : Buffer.concat([said, lastWord])
      lastWord = undefined
      return altered
    },
  })
})

afterAll(async () => {
  await proxy.stop()
  await database.stop()
})

/** As a backend says that its postmaster is gone. */
function fatal(): Buffer {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0')
  const head = Buffer.from('E\0\0\0\0')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}

test('a connection that is lost while it passes from one statement to a transaction that waits for it is told to that transaction, and ends nothing else', async () => {
  const url = new URL(database.connectionString)
  url.port = String(proxy.port)
  // One connection for pages and one for the engine, which the second has to wait for.
  const small = openDatabase(url.href, 2)
  await small.prepared.rows(sql`select ${1}::int as one`)

  lastWord = fatal()
  const first = small.prepared.rows(sql`select ${1}::int as one`)
  const second = small.transact((tx) => tx.rows(sql`select ${2}::int as two`))

  await expect(second).rejects.toMatchObject({ code: 'unavailable' })
  expect(await first).toEqual([{ one: 1 }])
  expect(await small.transact((tx) => tx.rows(sql`select ${2}::int as two`))).toEqual([{ two: 2 }])
  await small.close()
})

test('a transaction that stands still is undone, so that others get what it held, and is told when it goes on', async () => {
  const impatient = openDatabase(database.connectionString, 4, 200)
  try {
    await impatient.rows(sql`create table held (id int primary key, value int)`)
    await impatient.rows(sql`insert into held values (1, 0)`)
    let standStill!: () => void
    const stood = new Promise<void>((go) => {
      standStill = go
    })
    let holds!: () => void
    const holding = new Promise<void>((held) => {
      holds = held
    })
    const stopped = impatient.transact(async (tx) => {
      await tx.rows(sql`update held set value = ${1} where id = ${1}`)
      holds()
      await stood
      await tx.rows(sql`update held set value = ${2} where id = ${1}`)
    })
    stopped.catch(() => {})
    await holding

    await impatient.transact((tx) => tx.rows(sql`update held set value = value + ${10} where id = ${1}`))
    standStill()

    await expect(stopped).rejects.toMatchObject({ code: 'unavailable' })
    expect(await impatient.rows(sql`select value from held`)).toEqual([{ value: 10 }])
  } finally {
    await impatient.close()
  }
})

test('a statement that the disk has no room for is refused by that name, and may be repeated [R-12]', async () => {
  const small = openDatabase(database.connectionString, 2)
  const full = sql`do $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$`

  for (const refused of [small.rows(full), small.transact((tx) => tx.rows(full))])
    await expect(refused).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('disk of the database is full'),
    })
  expect(await small.rows(sql`select 1 as one`)).toEqual([{ one: 1 }])
  await small.close()
})
