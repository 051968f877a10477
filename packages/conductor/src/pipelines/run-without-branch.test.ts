import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `version: 2.1
jobs:
  build: {docker: [{image: a}], steps: [checkout]}
  main: {docker: [{image: a}], steps: [checkout]}
workflows:
  told:
    when: {equal: [topic, << pipeline.git.branch >>]}
    jobs:
      - build: {filters: {branches: {only: topic}}}
      - main: {filters: {branches: {only: main}}}
`
const run = { trigger: 'api', ref: { revision: 'a'.repeat(40) } } as const

async function runAs(asBranch: string) {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config.replaceAll('topic', asBranch), { ...run, asBranch })
  return { home, pipeline }
}

test('conditions, filters and jobs of a run see the branch that it is told, and it is no pipeline of that branch', async () => {
  const { home, pipeline } = await runAs('topic')

  expect(pipeline.git).toMatchObject({ branch: null, asBranch: 'topic' })
  expect(await engine.statuses(pipeline)).toEqual({ build: 'queued' })
  const task = await engine.take(pipeline, 'build')
  const spec = await engine.plane.resume(task)
  expect(spec.checkout).toMatchObject({ branch: 'topic', tag: null })
  expect(spec.environment).toContainEqual({ name: 'CIRCLE_BRANCH', value: 'topic' })
  const ofBranch = { projectId: home.project.id, branch: 'topic' }
  expect((await engine.database.store.queries.pipelines(ofBranch, { limit: 5 })).items).toEqual([])
})

test('no token of a run names a branch: policies for one do not let it in', async () => {
  const { pipeline } = await runAs('topic')
  const spec = await engine.plane.resume(await engine.take(pipeline, 'build'))
  const { value = '' } = spec.environment.find(({ name }) => name === 'CIRCLE_OIDC_TOKEN_V2') ?? {}

  const claims = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString())

  expect(claims['oidc.circleci.com/vcs-ref']).toBe('refs/rondo/runs')
  expect(claims.sub).toMatch(/\/vcs-ref\/refs\/rondo\/runs$/)
})

test('a push to the branch leaves a run told of it alone', async () => {
  const { home, pipeline } = await runAs('topic')
  const settings = { ...home.project.settings, autocancelBuilds: true }

  await engine.push({ ...home.project, settings }, config, { ref: { branch: 'topic' } })
  await engine.settle()

  expect(await engine.statuses(pipeline)).toEqual({ build: 'queued' })
})

test('a run that is told that it is a pull request from a fork gets as little as one', async () => {
  const { home, pipeline } = await runAs('pull/7')
  await engine.database.store.accounts.saveProjectSettings(home.project.id, { holdFailedJobs: true })
  const task = await engine.take(pipeline, 'build')

  expect((await engine.plane.resume(task)).environment.map(({ name }) => name)).not.toContain('CIRCLE_OIDC_TOKEN')
  expect(await engine.plane.beginHold(task)).toEqual({ forMs: null })
})
