import type { TestResult } from '@rondo/model'
import {
  buildHousehold,
  buildJob,
  buildRevision,
  buildWorkflow,
  type Household,
  startTestDatabase,
  type TestDatabase,
} from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Store } from './store.ts'

let database: TestDatabase
let store: Store
let home: Household

beforeAll(async () => {
  database = await startTestDatabase()
  store = database.store
})

beforeEach(async () => {
  home = await buildHousehold(store)
})

afterAll(() => database.stop())

const result = (file: string, runTime: number): TestResult => ({
  name: `works ${runTime}`,
  classname: file.toUpperCase(),
  file,
  result: 'success',
  message: '',
  runTime,
  source: 'unknown',
})

async function made(branch: string, name = 'test'): Promise<string> {
  const job = buildJob({ name })
  await buildWorkflow(store, home.project, [job], { git: buildRevision({ branch }) })
  return job.id
}

async function ran(jobId: string, tests: readonly TestResult[], status: 'success' | 'canceled' = 'success') {
  await store.engine.transact(async (tx) => {
    await tx.addTests(jobId, 0, tests)
    await tx.saveJob({ id: jobId, status })
  })
}

test('timings are sums by file, class or test of the newest run of the job that had ended before', async () => {
  await ran(await made('main'), [result('old.rb', 9)])
  await ran(await made('main'), [result('a.rb', 1), result('a.rb', 2.5), result('b.rb', 4)])
  await ran(await made('main', 'other'), [result('other.rb', 7)])
  await ran(await made('main'), [result('partial.rb', 1)], 'canceled')
  const unended = await made('main')
  const job = await made('main')

  await ran(unended, [result('late.rb', 100)])

  expect(await store.engine.testTimings(job, 'filename')).toEqual([
    { name: 'a.rb', seconds: 3.5 },
    { name: 'b.rb', seconds: 4 },
  ])
  expect(await store.engine.testTimings(job, 'classname')).toEqual([
    { name: 'A.RB', seconds: 3.5 },
    { name: 'B.RB', seconds: 4 },
  ])
  expect(await store.engine.testTimings(job, 'testname')).toHaveLength(3)
})

test('timings of the own branch go before newer ones of another, which serve a new branch', async () => {
  await ran(await made('feature'), [result('a.rb', 1)])
  await ran(await made('main'), [result('a.rb', 2)])
  const [onFeature, onNew] = [await made('feature'), await made('new')]

  expect(await store.engine.testTimings(onFeature, 'filename')).toEqual([{ name: 'a.rb', seconds: 1 }])
  expect(await store.engine.testTimings(onNew, 'filename')).toEqual([{ name: 'a.rb', seconds: 2 }])
})

test('a first run has no timings', async () => {
  expect(await store.engine.testTimings(await made('main'), 'filename')).toEqual([])
})
