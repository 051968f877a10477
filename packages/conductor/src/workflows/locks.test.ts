import type { Pipeline, Project } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultTimes, endOverdue } from '../chores/enforce-limits.ts'
import { describeEvent } from '../history/describe-event.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const serial = (key = 'production') => `
version: 2.1
jobs:
  deploy: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
  after: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - deploy: {serial-group: ${key}}
      - after: {requires: [deploy]}
`

const grouped = `
version: 2.1
jobs:
  a: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
  b: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
job-groups:
  release:
    jobs: [a, b: {requires: [a]}]
workflows:
  main:
    jobs:
      - release: {serial-group: production}
`

describe('a serial group', () => {
  test('one pipeline at a time, in the order of arrival, each of them, across the projects of an organisation', async () => {
    const projects = await threeProjects()
    const pipelines: Pipeline[] = []
    for (const project of projects) pipelines.push(await engine.push(project, serial()))

    const seen: string[] = []
    for (const [index] of pipelines.entries()) {
      seen.push(await lockStates(pipelines))
      await engine.run(pipelines[index]!, 'deploy')
      await engine.settle()
    }
    seen.push(await lockStates(pipelines))

    expect(seen).toEqual([
      'success,not_running,not_running',
      'success,success,not_running',
      'success,success,success',
      'success,success,success',
    ])
    for (const pipeline of pipelines)
      expect(await engine.statuses(pipeline)).toMatchObject({ deploy: 'success', 'deploy/unlock': 'success' })
  })

  test('the history says who held the lock while one waited, when it was handed over and by whom it was given back', async () => {
    const [one, two] = await threeProjects()
    const first = await engine.push(one, serial())
    const second = await engine.push(two, serial())
    const of = (pipeline: Pipeline) => `workflow main of pipeline ${pipeline.number} of gh/${one.organizationName}/`

    await engine.run(first, 'deploy')
    await engine.settle()
    const told = async (pipeline: Pipeline) =>
      (await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })).items
        .filter((event) => event.jobName === 'deploy/lock')
        .map((event) => Object.values(describeEvent(event)))

    expect(await told(second)).toEqual([
      ['job deploy/lock: blocked → not_running', `it waits for the lock production, held by ${of(first)}${one.name}`],
      [expect.stringMatching(/^lock production taken over after \d+\.\d s$/), `${of(first)}${one.name} gave it back`],
      ['job deploy/lock: not_running → success', null],
    ])
    await engine.run(second, 'deploy')
    expect(await told(first)).toEqual([
      ['job deploy/lock: blocked → success', 'nobody held the lock production'],
      [`lock production given back; ${of(second)}${two.name} has it next`, null],
    ])
    expect((await told(second)).at(-1)).toEqual(['lock production given back', null])
  })

  test('a failure gives the lock back as a success does', async () => {
    const [one, other] = await threeProjects()
    const first = await engine.push(one, serial())
    const second = await engine.push(other, serial())

    await engine.run(first, 'deploy', 'failed')
    await engine.settle()

    expect(await engine.statuses(first)).toMatchObject({
      deploy: 'failed',
      'deploy/unlock': 'success',
      after: 'not_run',
    })
    expect((await engine.workflow(first)).status).toBe('failed')
    expect(await engine.statuses(second)).toMatchObject({ 'deploy/lock': 'success', deploy: 'queued' })
  })

  test('a cancel gives the lock back, but not before the agent has stopped the job [I-038]', async () => {
    const [one, other] = await threeProjects()
    const first = await engine.push(one, serial())
    const second = await engine.push(other, serial())
    const task = await engine.take(first, 'deploy')

    await engine.actions.cancelWorkflow((await engine.workflow(first)).id, null)
    await engine.settle()
    const meanwhile = await engine.statuses(second)
    await engine.end(task, 'canceled')
    await engine.settle()

    expect((await engine.workflow(first)).status).toBe('canceled')
    expect(meanwhile).toMatchObject({ 'deploy/lock': 'not_running', deploy: 'blocked' })
    expect(await engine.statuses(second)).toMatchObject({ 'deploy/lock': 'success', deploy: 'queued' })
    await engine.run(second, 'deploy')
  })

  test('who is canceled while waiting leaves the line, and those behind move up', async () => {
    const [one, two, three] = await threeProjects()
    const first = await engine.push(one, serial())
    const second = await engine.push(two, serial())
    const third = await engine.push(three, serial())

    await engine.actions.cancelWorkflow((await engine.workflow(second)).id, null)
    await engine.run(first, 'deploy')
    await engine.settle()

    expect((await engine.workflow(second)).status).toBe('canceled')
    expect(await engine.statuses(third)).toMatchObject({ 'deploy/lock': 'success', deploy: 'queued' })
  })

  test('an older pipeline that finds a newer one of its project in the line does not run, and says why', async () => {
    const { project, user } = await engine.home()
    const held = await engine.push(project, withApproval)
    await engine.push(project, serial())

    await engine.actions.approve((await engine.job(held, 'hold')).id, user.id)

    expect(await engine.statuses(held)).toEqual({
      hold: 'success',
      'deploy/lock': 'not_run',
      deploy: 'not_run',
      'deploy/unlock': 'not_run',
    })
    expect((await engine.job(held, 'deploy/lock')).message).toMatch(/newer pipeline/)
  })

  test('whoever waited for too long is canceled with the reason, and the others keep their place', async () => {
    const [one, two] = await threeProjects()
    await engine.push(one, serial())
    const second = await engine.push(two, serial())

    await endOverdue({ engine: engine.database.store.engine, checks: engine.checks }, defaultTimes)
    const early = await engine.statuses(second)
    await endOverdue({ engine: engine.database.store.engine, checks: engine.checks }, { ...defaultTimes, lockMs: 0 })

    expect(early).toMatchObject({ 'deploy/lock': 'not_running' })
    expect(await engine.statuses(second)).toMatchObject({ 'deploy/lock': 'canceled', deploy: 'canceled' })
    for (const name of ['deploy/lock', 'deploy'])
      expect((await engine.job(second, name)).message).toBe(
        'It waited for its lock for longer than 0 minutes. Rerun the workflow when the lock is free.',
      )
  })

  test('other keys and other organisations do not wait', async () => {
    const { project } = await engine.home()
    const { project: stranger } = await engine.home()
    const first = await engine.push(project, serial('a'))
    const second = await engine.push(project, serial('b'))
    const third = await engine.push(stranger, serial('a'))

    expect(await lockStates([first, second, third])).toBe('success,success,success')
  })
})

test('a serial job group holds its lock from its first job to its last', async () => {
  const [one, two] = await threeProjects()
  const first = await engine.push(one, grouped)
  const second = await engine.push(two, grouped)

  await engine.run(first, 'a')
  await engine.settle()
  const between = await engine.statuses(second)
  await engine.run(first, 'b')
  await engine.settle()

  expect(between).toMatchObject({ 'release/lock': 'not_running', a: 'blocked' })
  expect(await engine.statuses(second)).toMatchObject({ 'release/lock': 'success', a: 'queued' })
  expect((await engine.workflow(first)).status).toBe('success')
})

test('a rerun from failed takes the lock again [I-037]', async () => {
  const [one, two] = await threeProjects()
  const first = await engine.push(one, serial())
  await engine.run(first, 'deploy', 'failed')
  await engine.settle()
  const second = await engine.push(two, serial())

  await engine.actions.rerun({ workflowId: (await engine.workflow(first)).id, actorId: null, fromFailed: true })
  const waiting = await engine.statuses(first)
  await engine.run(second, 'deploy')
  await engine.settle()

  expect(waiting).toMatchObject({ 'deploy/lock': 'not_running', deploy: 'blocked' })
  expect(await engine.statuses(first)).toMatchObject({ 'deploy/lock': 'success', deploy: 'queued' })
})

test('many pipelines of many projects in one line: each runs once, never two at a time', async () => {
  const { organization, project } = await engine.home()
  const projects = [project]
  for (let n = 1; n < 8; n++)
    projects.push(
      await engine.database.store.accounts.createProject({
        organizationId: organization.id,
        name: `p${n}`,
        defaultBranch: 'main',
      }),
    )
  const config = serial()
    .replace(/ {2}after:.*\n/, '')
    .replace(/ {6}- after.*\n/, '')
  const pipelines = await Promise.all(projects.map((each) => engine.push(each, config)))

  let served = 0
  while (served < pipelines.length) {
    await engine.settle()
    const tasks = (await engine.claim()).filter(Boolean)
    const own = []
    for (const task of tasks) {
      const { identity } = await engine.database.store.engine.attemptContext(task.attemptId)
      if (identity.organizationId === organization.id) own.push(task)
      else await engine.finish(task)
    }
    expect(own).toHaveLength(1)
    await engine.finish(own[0]!)
    served += own.length
  }
  await engine.settle()

  for (const pipeline of pipelines) expect((await engine.workflow(pipeline)).status).toBe('success')
})

const withApproval = `
version: 2.1
jobs:
  deploy: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - hold: {type: approval}
      - deploy: {serial-group: production, requires: [hold]}
`

async function threeProjects(): Promise<[Project, Project, Project]> {
  const { project, organization } = await engine.home()
  const more = async (name: string) =>
    engine.database.store.accounts.createProject({ organizationId: organization.id, name, defaultBranch: 'main' })
  return [project, await more('second'), await more('third')]
}

async function lockStates(pipelines: readonly Pipeline[]): Promise<string> {
  const states = await Promise.all(pipelines.map((pipeline) => engine.job(pipeline, 'deploy/lock')))
  return states.map((job) => job.status).join()
}
