import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

test('every try at a job is listed with its agent and what became of it, to those who may see the job', async () => {
  const [home, stranger] = [await engine.home(), await engine.home()]
  const pipeline = await engine.push(
    home.project,
    'version: 2.1\njobs: {build: {docker: [{image: i}], steps: [checkout]}}\nworkflows: {main: {jobs: [build]}}',
  )
  const [lost] = await engine.claim(1)
  await engine.database.store.engine.transact((tx) => tx.requeue(lost!))
  await engine.run(pipeline, 'build')
  const url = `/api/private/jobs/${(await engine.job(pipeline, 'build')).id}/attempts`

  const own = await web.request(await web.token(home.user), 'GET', url)
  const foreign = await web.request(await web.token(stranger.user), 'GET', url)

  expect(own.body.items).toEqual([
    expect.objectContaining({
      slice: 0,
      number: 2,
      agent: 'test-agent',
      phase: 'finished',
      result: 'passed',
      status: 'success',
      steps: [],
    }),
    expect.objectContaining({ id: lost!.attemptId, number: 1, phase: 'finished', result: 'lost', status: 'retried' }),
  ])
  expect(foreign.status).toBe(404)
})

test('while a step runs, its page, the list of attempts and API v1.1 know how much it has printed', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(
    home.project,
    'version: 2.1\njobs: {build: {docker: [{image: i}], steps: [checkout]}}\nworkflows: {main: {jobs: [build]}}',
  )
  const task = await engine.take(pipeline, 'build')
  const { id, number } = await engine.job(pipeline, 'build')
  const token = await web.token(home.user)
  const started = { type: 'step-started', step: 0, name: 'run', kind: 'run', command: 'x', background: false } as const
  await engine.plane.report({ ...task, from: 1, entries: [{ ...started, at: new Date().toISOString() }] })

  async function seen() {
    const page = await web.request(token, 'GET', `/api/private/jobs/${id}`)
    const tries = await web.request(token, 'GET', `/api/private/jobs/${id}/attempts`)
    const slug = `gh/${home.project.organizationName}/${home.project.name}`
    const build = await web.request(token, 'GET', `/api/v1.1/project/${slug}/${number}`)
    return { page: page.body, tries: tries.body, build: build.body }
  }
  const before = await seen()
  await engine.plane.appendOutput(task, 0, 0, Buffer.from('hello\n'))
  const after = await seen()
  await engine.end(task)

  expect(before).toMatchObject(printed(0, false))
  expect(after).toMatchObject(printed(6, true))
})

/** What the three say of a job's only step. */
function printed(outputBytes: number, any: boolean): object {
  const slices = [{ steps: [{ outputBytes }] }]
  return { page: { slices }, tries: { items: slices }, build: { steps: [{ actions: [{ has_output: any }] }] } }
}
