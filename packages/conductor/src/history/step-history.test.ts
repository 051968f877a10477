import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeEvent } from './describe-event.ts'
import { stepsInTurn } from './steps-in-turn.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`
const second = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString()
const start = (step: number, name: string, at: string) =>
  ({ type: 'step-started', step, name, kind: 'run', command: 'x', background: false, at }) as const
const end = (step: number, at: string, more: object) =>
  ({ type: 'step-finished', step, outputBytes: 0, outputSha256: '', truncated: false, at, ...more }) as never

test('steps stand in the order in which they ran, each end with its name, its exit code and how often it was run again', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config)
  const task = await engine.take(pipeline, 'build')
  await engine.plane.report({
    ...task,
    from: 1,
    entries: [
      start(0, 'flaky', second(1)),
      start(1, 'broken', second(9)),
      end(0, second(9), { result: 'passed', exitCode: 0, reruns: 2 }),
      end(1, second(10), { result: 'failed', exitCode: 7, reruns: 1 }),
    ],
  })

  const { items } = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })
  const [flaky] = await engine.database.store.queries.stepsOf((await engine.job(pipeline, 'build')).id)

  const steps = stepsInTurn(items).filter(({ kind }) => kind.startsWith('step.'))
  expect(steps.map((entry) => describeEvent(entry).what)).toEqual([
    'slice 0: step 0 flaky started',
    'slice 0: step 0 flaky ended: passed, after 2 automatic reruns',
    'slice 0: step 1 broken started',
    'slice 0: step 1 broken ended: failed, exit code 7, after 1 automatic rerun',
  ])
  expect(flaky).toMatchObject({ name: 'flaky', result: 'passed', reruns: 2 })
})
