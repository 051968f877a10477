import { systemClock } from '@rondo/adapters'
import type { Pipeline, Project } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeEvent } from '../history/describe-event.ts'
import { sweepLeases } from './lease-sweeper.ts'

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
const at = '2026-01-01T00:00:00.000Z'
const object = { digest: 'a'.repeat(64), size: 1 }

/** Lets the agent of everything that runs be silent for good, and the sweeper look once. */
async function loseAgents(attempts: readonly { attemptId: string; epoch: number }[]): Promise<void> {
  const { engine: port, settings } = engine.database.store
  const stop = new AbortController()
  await port.renew(engine.agentId, attempts, -60_000)
  await engine.database.agentsWereServed()
  const expired: typeof port.expired = async (limit) => {
    stop.abort()
    return port.expired(limit)
  }
  await sweepLeases(
    {
      engine: { ...port, refreshLeases: async () => {}, expired },
      checks: engine.checks,
      clock: systemClock,
      settings,
    },
    {
      lostAfterMs: 0,
      onError(error) {
        throw error
      },
    },
    stop.signal,
  )
}

async function runningWithSomethingLeft(project: Project) {
  const pipeline = await engine.push(project, config)
  const task = await engine.take(pipeline, 'build')
  await engine.plane.report({
    ...task,
    from: 1,
    entries: [
      { type: 'step-started', step: 0, name: 'x', kind: 'run', command: 'x', background: false, at },
      { type: 'workspace-persisted', object },
      { type: 'artifact-stored', path: 'half', object },
    ],
  })
  return { pipeline, task }
}

const set = (project: Project, value: number) =>
  engine.database.store.settings.set(
    { organizationId: project.organizationId, projectId: project.id },
    'retry.after-start',
    value,
    null,
  )

describe('a job whose agent was lost after its own steps began', () => {
  test('ends as an infrastructure failure where nobody asked for more', async () => {
    const { project } = await engine.home()
    const { pipeline, task } = await runningWithSomethingLeft(project)

    await loseAgents([task])

    expect(await engine.statuses(pipeline)).toEqual({ build: 'infrastructure_fail' })
  })

  test('runs again where its project asks for it, without what the lost attempt left, and the history says why', async () => {
    const { project } = await engine.home()
    await set(project, 1)
    const { pipeline, task } = await runningWithSomethingLeft(project)
    const { id } = await engine.job(pipeline, 'build')

    await loseAgents([task])

    expect(await engine.statuses(pipeline)).toEqual({ build: 'queued' })
    expect(await engine.database.store.queries.artifactsOf(id)).toEqual([])
    expect(await engine.database.store.engine.workspaceLayers([id])).toEqual([])
    expect(await why(pipeline)).toMatch(/retry\.after-start lets it run again \(number 1 of 1\)/)
    const again = await engine.take(pipeline, 'build')
    const late = { type: 'artifact-stored', path: 'late', object } as const
    await expect(engine.plane.report({ ...task, from: 4, entries: [late] })).rejects.toMatchObject({ code: 'gone' })
    await engine.end(again)
    expect(await engine.statuses(pipeline)).toEqual({ build: 'success' })
  })

  test('runs again so often and no more, and its agent is told to stop in time when nobody hears it', async () => {
    const { project } = await engine.home()
    await set(project, 2)
    const { pipeline, task } = await runningWithSomethingLeft(project)

    await loseAgents([task])
    const [second] = await engine.claim(1)
    const granted = await engine.plane.grant(second!)
    await loseAgents([second!])
    const [third] = await engine.claim(1)
    await engine.plane.grant(third!)
    await loseAgents([third!])

    expect(granted.stopUnheardAfterMs).toBe(0.8 * 300_000)
    expect(await engine.statuses(pipeline)).toEqual({ build: 'infrastructure_fail' })
  })

  test('stays canceled when somebody canceled it meanwhile', async () => {
    const { project } = await engine.home()
    await set(project, 3)
    const { pipeline, task } = await runningWithSomethingLeft(project)
    await engine.actions.cancelWorkflow((await engine.workflow(pipeline)).id, null)

    await loseAgents([task])

    expect(await engine.statuses(pipeline)).toEqual({ build: 'canceled' })
    expect(await engine.claim()).toEqual([])
  })
})

async function why(pipeline: Pipeline): Promise<string | null | undefined> {
  const { items } = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })
  const event = items.find((one) => one.kind === 'task.requeued')
  return event && describeEvent(event).why
}
