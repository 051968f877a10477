import type { ClaimedTask } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAttemptCredentials } from './attempt-credentials.ts'
import { checkoutProject } from './checkout-project.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const slices = 100
const pipelines = 10
const config = `
version: 2.1
jobs: { it: { docker: [{ image: i }], parallelism: ${slices}, steps: [run: 'true'] } }
workflows: { main: { jobs: [it] } }
`
const results = ['passed', 'failed', 'timed-out', 'canceled', 'lost'] as const

/** What a job may use while it runs: its password for the repository, and its agent's word for it. */
async function opens(password: string, task: ClaimedTask): Promise<readonly string[]> {
  const credentials = createAttemptCredentials(Buffer.alloc(32))
  const said = async (name: string, asking: Promise<unknown>) =>
    asking.then(
      () => [name],
      () => [],
    )
  const project = await checkoutProject({ engine: engine.database.store.engine, credentials }, password)
  return [
    ...(project === undefined ? [] : ['repository']),
    ...(await said('token', engine.plane.mintToken(task, { rootIssuer: false }))),
    ...(await said('cache', engine.plane.findCache(task, ['deps-']))),
    ...(await said('secrets', engine.plane.resume(task))),
  ]
}

test('of a thousand attempts that ended in every way, what their jobs were given opens nothing any more [S-11]', async () => {
  const credentials = createAttemptCredentials(Buffer.alloc(32))
  const { project } = await engine.home()
  const given: { readonly password: string; readonly task: ClaimedTask }[] = []
  for (let at = 0; at < pipelines; at++) {
    await engine.push(project, config)
    const tasks = await engine.claim()
    await Promise.all(tasks.map((task) => engine.plane.grant(task)))
    given.push(...tasks.map((task) => ({ password: credentials.issue(task.attemptId), task })))
  }
  expect(given).toHaveLength(slices * pipelines)
  const [first] = given
  expect(await opens(first!.password, first!.task)).toEqual(['repository', 'token', 'cache', 'secrets'])

  const accepted: unknown[] = []
  for (let from = 0; from < given.length; from += slices) {
    const some = given.slice(from, from + slices)
    await Promise.all(some.map(({ task }, at) => engine.end(task, results[at % results.length])))
    const opened = await Promise.all(some.map(({ password, task }) => opens(password, task)))
    accepted.push(...opened.filter((names) => names.length > 0))
  }

  expect(accepted).toEqual([])
})
