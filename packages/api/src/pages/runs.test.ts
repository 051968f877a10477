import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ref = 'refs/rondo/runs/1'
let world: ApiWorld
let folder: string
let revision: string

beforeAll(async () => {
  world = await startApiWorld()
  await world.server.listen({ host: '127.0.0.1', port: 0 })
  folder = mkdtempSync(join(tmpdir(), 'rondo-runs-'))
  const git = async (...args: string[]) =>
    (
      await promisify(execFile)('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder })
    ).stdout.trim()
  mkdirSync(join(folder, '.circleci'))
  writeFileSync(
    join(folder, '.circleci/config.yml'),
    'version: 2.1\njobs: {build: {docker: [{image: a}], steps: [checkout]}, test: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [build, test]}}\n',
  )
  await git('init', '--quiet')
  await git('add', '--all')
  await git('commit', '--quiet', '--message', 'One')
  revision = await git('rev-parse', 'HEAD')
  const { port } = world.server.server.address() as { port: number }
  await git(
    'push',
    '--quiet',
    `http://x:${world.owner.token}@127.0.0.1:${port}/git/${world.slug.slice(3)}.git`,
    `HEAD:${ref}`,
  )
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await world.stop()
})

async function run(token: string | undefined, body: object) {
  const headers = token === undefined ? {} : { 'circle-token': token }
  const payload = { project: world.slug, revision, branch: 'topic', ...body }
  const answer = await world.server.inject({ method: 'POST', url: '/api/private/runs', headers, payload })
  return { status: answer.statusCode, body: answer.json() }
}

async function jobsOf(pipelineId: string): Promise<readonly string[]> {
  const headers = { 'circle-token': world.owner.token }
  const page = await world.server.inject({ url: `/api/private/pipelines/${pipelineId}`, headers })
  return page.json().workflows.flatMap((workflow: { jobs: { name: string }[] }) => workflow.jobs.map((job) => job.name))
}

test('a pushed revision that no branch holds becomes a pipeline, whole or in part', async () => {
  const whole = await run(world.owner.token, {})
  expect(whole).toMatchObject({ status: 201, body: { errors: [] } })
  expect(await jobsOf(whole.body.id)).toEqual(['build', 'test'])
  const part = await run(world.owner.token, { only: 'test' })
  expect(await jobsOf(part.body.id)).toEqual(['test'])
})

test('a run is listed, but not as one of the branch that its config and jobs are told', async () => {
  const { body } = await run(world.owner.token, {})
  const get = async (path: string) => {
    const headers = { 'circle-token': world.owner.token }
    return (await world.server.inject({ url: path, headers })).json()
  }
  const ids = async (query: string) =>
    (await get(`/api/v2/project/${world.slug}/pipeline${query}`)).items.map((one: { id: string }) => one.id)

  expect(await ids('')).toContain(body.id)
  expect(await ids('?branch=topic')).toEqual([])
  const { vcs } = await get(`/api/v2/pipeline/${body.id}`)
  expect(vcs).toMatchObject({ revision })
  expect(vcs).not.toHaveProperty('branch')
  expect(vcs).not.toHaveProperty('tag')
  expect(await get(`/api/v2/pipeline/${body.id}/values`)).toMatchObject({ 'pipeline.git.branch': 'topic' })
})

test('a part that is not there makes an errored pipeline that says so', async () => {
  const { status, body } = await run(world.owner.token, { only: 'deploy' })
  expect(status).toBe(201)
  expect(body.state).toBe('errored')
  expect(body.errors[0].message).toContain('There is no workflow or job named deploy.')
})

test('only who may start builds of the project may run in it', async () => {
  const viewer = await world.member('reader')
  const statuses = await Promise.all(
    [undefined, world.stranger.token, viewer.token].map(async (token) => (await run(token, {})).status),
  )
  expect(statuses).toEqual([401, 404, 403])
})

test.each([
  [{ revision: 'main' }, 400],
  [{ branch: '' }, 400],
  [{ revision: 'f'.repeat(40) }, 404],
  [{ surprise: 1 }, 400],
])('%j is answered with %i', async (body, status) => {
  const answer = await run(world.owner.token, body)
  expect(answer.status).toBe(status)
  expect(answer.body.message).toEqual(expect.any(String))
})

test('who is about to approve what is not there is refused before anything runs', async () => {
  const refused = await run(world.owner.token, { approvals: ['hold'] })

  expect(refused).toMatchObject({
    status: 201,
    body: { state: 'errored', errors: [{ message: expect.stringContaining('is named hold. There is none') }] },
  })
  expect(await jobsOf(refused.body.id)).toEqual([])
  expect((await run(world.owner.token, { approvals: [''] })).status).toBe(400)
})
