import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const jobs = ['a', 'b', 'c', 'd', 'e']
  .map((name) => `  ${name}: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}`)
  .join('\n')
const config = (entries: string, rest = '') => `
version: 2.1
jobs:
${jobs}
  gate: {type: no-op}
${rest}workflows:
  main:
    jobs:
${entries}`

test('jobs run on the endings they name, and those whose endings cannot come do not [I-024] [I-033] [I-034]', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(
    project,
    config(`
      - a
      - b: {requires: [{a: failed}]}
      - c: {requires: [{a: [success, canceled]}]}
      - d: {requires: [{a: terminal}]}
      - e: {requires: [{c: not_run}]}
`),
  )

  await engine.run(pipeline, 'a', 'failed')

  expect(await engine.statuses(pipeline)).toEqual({ a: 'failed', b: 'queued', c: 'not_run', d: 'queued', e: 'queued' })
  for (const name of ['b', 'd', 'e']) await engine.run(pipeline, name)
  expect((await engine.workflow(pipeline)).status).toBe('failed')
})

test('a no-op joins what is before it and what is behind, without an agent [I-024]', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(
    project,
    config(`
      - a
      - b
      - gate: {requires: [a, b]}
      - c: {requires: [gate]}
`),
  )

  await engine.run(pipeline, 'a')
  const between = await engine.statuses(pipeline)
  await engine.run(pipeline, 'b')

  expect(between).toMatchObject({ gate: 'blocked', c: 'blocked' })
  expect(await engine.statuses(pipeline)).toMatchObject({ gate: 'success', c: 'queued' })
})

test('a job group starts after what it requires and ends with all of its leaves', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(
    project,
    config(
      `
      - a
      - checks: {requires: [a]}
      - d: {requires: [checks]}
`,
      `job-groups:
  checks:
    jobs: [b, c]
`,
    ),
  )

  const before = await engine.statuses(pipeline)
  await engine.run(pipeline, 'a')
  await engine.run(pipeline, 'b')
  const between = await engine.statuses(pipeline)
  await engine.run(pipeline, 'c', 'failed')

  expect(before).toMatchObject({ b: 'blocked', c: 'blocked' })
  expect(between).toMatchObject({ d: 'blocked' })
  expect(await engine.statuses(pipeline)).toMatchObject({ 'checks/group-end': 'not_run', d: 'not_run' })
})

describe('a context that the job may not have', () => {
  test('at the start of the job ends it as unauthorized, with its name and the cure, and others go on [I-034]', async () => {
    const { project } = await engine.home()
    const pipeline = await engine.push(
      project,
      config(`
      - a: {context: missing}
      - b
      - c: {requires: [{a: unauthorized}]}
      - d: {requires: [a]}
`),
    )

    expect(await engine.statuses(pipeline)).toEqual({ a: 'unauthorized', b: 'queued', c: 'queued', d: 'not_run' })
    expect((await engine.job(pipeline, 'a')).message).toMatch(/no context named missing/)
    for (const name of ['b', 'c']) await engine.run(pipeline, name)
    expect((await engine.workflow(pipeline)).status).toBe('unauthorized')
  })

  test('that is there but kept for other projects: the job says who has to let this one use it, not to create it', async () => {
    const [{ project, organization }, other] = [await engine.home(), await engine.home()]
    const { secrets } = engine.database.store
    const { id } = await secrets.createContext(organization.id, 'team')
    await secrets.addRestriction(id, other.project.id)
    const pipeline = await engine.push(project, config('\n      - a: {context: [team, ghost]}\n'))

    expect((await engine.job(pipeline, 'a')).message).toBe(
      'The context team is restricted to other projects. Have an administrator of the organisation add this project to its restrictions, or take team out of the config. There is no context named ghost in this organisation. Create it, or take it out of the config.',
    )
  })

  test('deleted while the job waits: the job never starts, and says why', async () => {
    const { project, organization } = await engine.home()
    const { secrets } = engine.database.store
    const context = await secrets.createContext(organization.id, 'team')
    const pipeline = await engine.push(
      project,
      config(`
      - a: {context: team}
      - b: {requires: [a]}
`),
    )
    const [task] = await engine.claim()
    await secrets.deleteContext(context.id)

    await expect(engine.plane.grant(task!)).rejects.toMatchObject({ code: 'gone' })

    expect(await engine.statuses(pipeline)).toEqual({ a: 'unauthorized', b: 'not_run' })
    expect((await engine.job(pipeline, 'a')).message).toBe('The context team is gone since the job was queued.')
    expect((await engine.workflow(pipeline)).status).toBe('unauthorized')
    await expect(engine.plane.resume(task!)).rejects.toMatchObject({ code: 'gone' })
  })
})
