import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashToken } from '@rondo/api'
import { AppError } from '@rondo/model'
import { startTestDatabase, type TestDatabase } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureFirstAdmin } from './first-admin.ts'

let database: TestDatabase
let folder: string

beforeAll(async () => {
  database = await startTestDatabase()
  folder = mkdtempSync(join(tmpdir(), 'first-admin-'))
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await database.stop()
})

test('the first administrator exists with the token of the file or not at all, also when the database goes away right after', async () => {
  const { accounts } = database.store
  const gone = () => Promise.reject(new AppError('unavailable', 'The database is away.'))
  const leaving = { ...accounts, createUser: (user: never) => accounts.createUser(user).then(gone) }

  await expect(ensureFirstAdmin(leaving, folder)).rejects.toThrow('away')
  const { admin, created } = await ensureFirstAdmin(accounts, folder)

  expect(created).toBe(false)
  expect(await accounts.userByTokenHash(hashToken(admin?.token ?? ''))).toMatchObject({ login: 'admin', admin: true })
})
