import type { ClaimedTask, Pipeline } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeEvent } from '../history/describe-event.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = (parallelism: number) => `
version: 2.1
jobs:
  build: {parallelism: ${parallelism}, docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`
const at = '2026-01-01T00:00:00.000Z'
const fault = 'The environment could not be prepared: the engine does not answer'

/** The agent's last word on an attempt of which it could not make the environment. */
async function couldNotBegin(task: ClaimedTask): Promise<number> {
  const entries = [
    { type: 'step-started', step: 0, name: 'x', kind: 'spin_up', command: null, background: false, at },
    { type: 'task-finished', result: 'lost', message: fault, unbegun: true, at },
  ] as const
  return (await engine.plane.report({ ...task, from: 1, entries })).acknowledged
}

async function requeued(pipeline: Pipeline): Promise<readonly (string | null | undefined)[]> {
  const { items } = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })
  return items.filter((one) => one.kind === 'task.requeued').map((event) => describeEvent(event).why)
}

describe('a job whose environment could not be made, by no fault of its own', () => {
  test('is begun again by whoever takes it, three times in all, and the history says why [I-041]', async () => {
    const { project } = await engine.home()
    const pipeline = await engine.push(project, config(1))
    const seen: unknown[] = []

    for (let attempt = 1; attempt <= 3; attempt++) {
      const task = await engine.take(pipeline, 'build')
      expect(await couldNotBegin(task)).toBe(2)
      // The answer was lost, say.
      expect(await couldNotBegin(task)).toBe(2)
      seen.push(await engine.statuses(pipeline))
    }

    expect(seen).toEqual([{ build: 'queued' }, { build: 'queued' }, { build: 'infrastructure_fail' }])
    expect(await requeued(pipeline)).toEqual([
      expect.stringContaining(`no code of the job has run. ${fault}`),
      expect.stringContaining(`no code of the job has run. ${fault}`),
    ])
  })

  test('goes on with the slices that began, and passes when the other does', async () => {
    const { project } = await engine.home()
    const pipeline = await engine.push(project, config(2))
    const [one, two] = [await engine.take(pipeline, 'build'), await engine.take(pipeline, 'build')]

    await couldNotBegin(two)
    const meanwhile = await engine.statuses(pipeline)
    await engine.end(one)
    const alone = await engine.statuses(pipeline)
    await engine.run(pipeline, 'build')

    expect([meanwhile, alone]).toEqual([{ build: 'running' }, { build: 'running' }])
    expect(await engine.statuses(pipeline)).toEqual({ build: 'success' })
  })

  test('keeps no unlock node waiting for it', async () => {
    const { project } = await engine.home()
    const pipeline = await engine.push(
      project,
      `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - build: {name: slow}
      - build: {name: broken}
      - build: {name: deploy, requires: [slow, broken], serial-group: production}
`,
    )
    const slow = await engine.take(pipeline, 'slow')
    await engine.run(pipeline, 'broken', 'failed')
    const before = await engine.statuses(pipeline)

    await couldNotBegin(slow)

    expect(before).toMatchObject({ slow: 'running', deploy: 'not_run', 'deploy/unlock': 'blocked' })
    expect(await engine.statuses(pipeline)).toMatchObject({ slow: 'queued', 'deploy/unlock': 'not_run' })
    await engine.run(pipeline, 'slow')
  })

  test('stays canceled when somebody canceled it meanwhile', async () => {
    const { project } = await engine.home()
    const pipeline = await engine.push(project, config(1))
    const task = await engine.take(pipeline, 'build')
    await engine.actions.cancelWorkflow((await engine.workflow(pipeline)).id, null)

    await couldNotBegin(task)

    expect(await engine.statuses(pipeline)).toEqual({ build: 'canceled' })
    expect(await engine.claim()).toEqual([])
  })

  test('is not begun again when its own code may have run', async () => {
    const { project } = await engine.home()
    const pipeline = await engine.push(project, config(1))

    await engine.run(pipeline, 'build', 'lost')

    expect(await engine.statuses(pipeline)).toEqual({ build: 'infrastructure_fail' })
  })
})
