import { startTestDatabase, type TestDatabase } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let database: TestDatabase

beforeAll(async () => {
  database = await startTestDatabase()
})

afterAll(() => database.stop())

test('a transaction of which a statement failed is never taken for one that was kept, even when nobody looked', async () => {
  const { engine } = database.store

  const swallowed = engine.transact(async (tx) => {
    await tx.lockPipeline('no such id').catch(() => {})
    return 'done'
  })

  await expect(swallowed).rejects.toThrow(/rolled back/)
  expect(await engine.transact(async () => 'done')).toBe('done')
})
