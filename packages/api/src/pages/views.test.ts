import { createHash } from 'node:crypto'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jobPage } from './views.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config =
  'version: 2.1\njobs: {build: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [build]}}'

test('a page that says that a job has ended shows all its steps, also when it ends while the page is read', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config)
  const task = await engine.take(pipeline, 'build')
  const { queries, accounts, holds } = engine.database.store
  const context = await queries.job((await engine.job(pipeline, 'build')).id)

  const lastMoment: typeof queries.jobsOf = async (ids) => {
    await endWithStep(task)
    return queries.jobsOf(ids)
  }
  const ports = { accounts, holds, output: engine.output, queries: { ...queries, jobsOf: lastMoment } }
  const page = await jobPage(ports, context!, 'http://ci.example.com')

  expect(page.job.status).toBe('success')
  expect(page.slices[0]?.steps.map((step) => [step.name, step.phase])).toEqual([['Halt', 'finished']])
})

/** Digest of no bytes. */
const nothing = createHash('sha256').digest('hex')

/** The last step begins and ends, and the job with it. */
async function endWithStep(task: Parameters<TestEngine['end']>[0]): Promise<void> {
  const at = new Date().toISOString()
  const step = {
    type: 'step-started',
    step: 0,
    name: 'Halt',
    kind: 'run',
    command: null,
    background: false,
    at,
  } as const
  const output = { outputBytes: 0, outputSha256: nothing, truncated: false }
  const ended = { type: 'step-finished', step: 0, result: 'passed', exitCode: 0, ...output, at } as const
  const last = { type: 'task-finished', result: 'passed', message: null, at } as const
  await engine.plane.report({ ...task, from: 1, entries: [step, ended, last] })
}
