import { projectSlug } from '@rondo/model'
import { type CliWorld, startCliWorld } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: CliWorld

beforeAll(async () => {
  world = await startCliWorld()
})

afterAll(() => world.stop())

const config =
  'version: 2.1\njobs: {build: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [build]}}'

/** A project with a job that was begun, and what `rondo shell` says of it to somebody. */
async function begunJob({ keeps = true, branch = 'main', source = config } = {}) {
  const { engine, web } = world
  const home = await engine.home()
  await engine.database.store.accounts.saveProjectSettings(home.project.id, { holdFailedJobs: keeps })
  const pipeline = await engine.push(home.project, source, { ref: { branch } })
  const task = await engine.take(pipeline, 'build')
  const { id } = await engine.job(pipeline, 'build')
  const shell = async (user = home.user, ...more: readonly string[]) =>
    world.rondo(await web.token(user), 'shell', id, ...more)
  const said = async (...args: Parameters<typeof shell>) => (await shell(...args)).err
  return { home, slug: projectSlug(home.project), task, id, said }
}

const hold = (task: Parameters<typeof world.engine.plane.beginHold>[0]) => world.engine.plane.beginHold(task)

test('a job that runs still has not failed', async () => {
  const { said } = await begunJob()

  expect(await said()).toContain('build is still running. Only what failed is kept, once it has ended.')
})

test('a job that passed is not kept', async () => {
  const { said, task } = await begunJob()
  await world.engine.end(task, 'passed')

  expect(await said()).toContain('build passed. Only what failed is kept.')
})

test('of a project that does not ask for it nothing is kept, and how to ask is said', async () => {
  const { said, task, slug } = await begunJob({ keeps: false })
  await hold(task)
  await world.engine.end(task, 'failed')

  expect(await said()).toContain(
    `The environment of build ended with the job: ${slug} keeps none. \`rondo hold ${slug} on\` keeps those of jobs that fail from now on.`,
  )
})

test('jobs of pull requests are never kept', async () => {
  const { said, task } = await begunJob({ branch: 'pull/7' })
  await hold(task)
  await world.engine.end(task, 'failed')

  expect(await said()).toContain('ended with the job: none of a pull request from a fork is kept.')
})

test('one whose time is over says until when it was kept', async () => {
  const { said, task } = await begunJob()
  await world.engine.database.store.holds.begin(task.attemptId, { forMs: 1, quota: 3 })
  await world.engine.end(task, 'failed')

  expect(await said()).toMatch(/The environment of build was kept until \d\d:\d\d UTC; that time is over\./)
})

test('one that was given back says by whom', async () => {
  const { said, task, home } = await begunJob()
  await hold(task)
  await world.engine.end(task, 'failed')
  expect(await said(home.user, '--release')).toBe('')
  await world.engine.plane.endHold(task, 'released')

  expect(await said()).toMatch(
    new RegExp(`The environment of build is kept no longer: ${home.user.login} gave it back at \\d\\d:\\d\\d UTC\\.`),
  )
})

test('one whose agent was drained says so, with the name of the agent', async () => {
  const { said, task, slug } = await begunJob()
  await hold(task)
  await world.engine.end(task, 'failed')

  const drained = await world.rondo(world.root, 'agent', 'drain', 'test-agent')
  const [order] = await world.engine.plane.holdOrders(task, 0, 0, new AbortController().signal)
  await world.engine.plane.endHold(task, 'drained')

  expect(drained.out.split('\n')[1]).toBe(
    `  1 environment of a failed job, kept for its owner, ends now: ${slug} build`,
  )
  expect(order?.order).toEqual({ type: 'drain' })
  expect(await said()).toMatch(
    /The environment of build is kept no longer: its agent test-agent was drained at \d\d:\d\d UTC\./,
  )
  const again = await world.rondo(world.root, 'agent', 'drain', 'test-agent')
  expect(again.out.split('\n')).toHaveLength(2)
  await world.rondo(world.root, 'agent', 'resume', 'test-agent')
})

test('who may see a job that is kept, and not start builds, is told that it is not theirs', async () => {
  const { said, task, home } = await begunJob()
  await hold(task)
  await world.engine.end(task, 'failed')
  const viewer = (await world.engine.home()).user
  await world.engine.database.store.accounts.setMember(home.organization.id, viewer.id, 'reader')
  const stranger = (await world.engine.home()).user

  expect(await said(viewer)).toContain(
    'Your role in the organization (reader) does not allow this. Ask an administrator of it.',
  )
  expect(await said(stranger)).toContain('knows no job')
})

test('of several slices the one that is asked for is told of, and one that there is not is named', async () => {
  const source = config.replace('docker:', 'parallelism: 2, docker:')
  const { said, task, home } = await begunJob({ source })
  await hold(task)
  await world.engine.end(task, 'failed')
  const { identity } = await world.engine.database.store.engine.attemptContext(task.attemptId)
  const other = 1 - identity.taskIndex

  expect(await said(home.user, '--slice', String(other))).toContain(`build, slice ${other}, waits for an agent.`)
  expect(await said(home.user, '--slice', '2')).toContain('build has no slice 2: it has 2, from 0 to 1.')
})
