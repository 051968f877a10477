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

test('the end of a job names the step that it failed with, its exit code and what else is known; not what failed after it or beside it', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config)
  const task = await engine.take(pipeline, 'build')
  await engine.plane.report({
    ...task,
    from: 1,
    entries: [
      { ...start(0, 'server', second(1)), background: true },
      end(0, second(2), { result: 'failed', exitCode: 1 }),
      start(1, 'good', second(2)),
      end(1, second(3), { result: 'passed', exitCode: 0 }),
      start(2, 'broken', second(3)),
      end(2, second(4), { result: 'failed', exitCode: 7, reruns: 1 }),
      start(3, 'tell somebody', second(4)),
      end(3, second(5), { result: 'failed', exitCode: 22 }),
    ],
  })
  await engine.plane.report({ ...task, from: 9, entries: [finished('failed', null)] })

  expect(await endOf(pipeline)).toEqual({
    what: 'job build: running → failed',
    why: 'step 2 broken failed, exit code 7, after 1 automatic rerun',
  })
})

test('of several slices the end of a job names the one that failed first, with its reason after it', async () => {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config.replace('{docker', '{parallelism: 2, docker'))
  const [late, early] = [await engine.take(pipeline, 'build'), await engine.take(pipeline, 'build')]
  const silence = 'The step "hang" printed nothing for 10m 00s and was stopped.'
  for (const [task, entries] of [
    [late, [start(0, 'hang', second(1)), end(0, second(9), { result: 'failed', exitCode: 1 })]],
    [early, [start(0, 'hang', second(1)), end(0, second(4), { result: 'timed-out', exitCode: null })]],
  ] as const)
    await engine.plane.report({ ...task, from: 1, entries: [...entries, finished('timed-out', silence)] })

  expect(await endOf(pipeline)).toEqual({
    what: 'job build: running → timedout',
    why: `slice 1: step 0 hang timed out: ${silence}`,
  })
})

const finished = (result: 'failed' | 'timed-out', message: string | null) =>
  ({ type: 'task-finished', result, message, at: second(10) }) as const

async function endOf({ id }: { readonly id: string }) {
  const { items } = await engine.database.store.queries.eventsOf(id, { limit: 100 })
  return describeEvent(items.find(({ kind }) => kind === 'job.finished')!)
}
