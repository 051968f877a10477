import type { AttemptRef, ControlPlane } from '@rondo/protocol'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let other: ControlPlane

const config = `
version: 2.1
jobs: { it: { docker: [{ image: i }], steps: [run: 'true'] } }
workflows: { main: { jobs: [it] } }
`

beforeAll(async () => {
  engine = await startTestEngine()
  other = await engine.anotherAgent()
})

afterAll(() => engine.stop())

const never = () => new AbortController().signal
const at = new Date().toISOString()
const step = { type: 'step-started', step: 0, name: 's', kind: 'run', command: null, background: false, at } as const

async function* bytes() {
  yield Buffer.from('planted')
}

/** Whatever can be asked about one attempt. */
const asked: Readonly<Partial<Record<keyof ControlPlane, (plane: ControlPlane, ref: AttemptRef) => Promise<unknown>>>> =
  {
    grant: (plane, ref) => plane.grant(ref),
    resume: (plane, ref) => plane.resume(ref),
    report: (plane, ref) => plane.report({ ...ref, from: 1, entries: [step] }),
    appendOutput: (plane, ref) => plane.appendOutput(ref, 0, 0, Buffer.from('planted')),
    reportUsage: (plane, ref) =>
      plane.reportUsage(ref, { startedAt: at, intervalMs: 1_000, cpuCores: [1], memoryBytes: [1] } as never),
    beginHold: (plane, ref) => plane.beginHold(ref),
    holdOrders: (plane, ref) => plane.holdOrders(ref, 0, 0, never()),
    endHold: (plane, ref) => plane.endHold(ref, 'over'),
    uploadObject: (plane, ref) => plane.uploadObject(ref, bytes(), never()),
    downloadObject: (plane, ref) => plane.downloadObject(ref, 'a'.repeat(64), never()),
    findCache: (plane, ref) => plane.findCache(ref, ['deps-']),
    hasCache: (plane, ref) => plane.hasCache(ref, 'deps-'),
    findWorkspace: (plane, ref) => plane.findWorkspace(ref),
    findTimings: (plane, ref) => plane.findTimings(ref, 'filename' as never),
    otherSlices: (plane, ref) => plane.otherSlices(ref),
    mintToken: (plane, ref) => plane.mintToken(ref, { rootIssuer: false }),
    admitSsh: (plane, ref) => plane.admitSsh(ref, 'SHA256:x', true),
  }
/** About the agent itself, or many attempts. */
const ofTheAgent = ['hello', 'claim', 'heartbeat', 'checkIn']

test('of an attempt that another agent has, no call tells or changes anything; nor with an epoch that is over, nor of none [S-12]', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config)
  const task = await engine.take(pipeline, 'it')
  const refusals: string[] = []
  expect([...Object.keys(asked), ...ofTheAgent].sort()).toEqual(Object.keys(other).sort())

  for (const [name, ask] of Object.entries(asked)) {
    const foreign: readonly (readonly [string, ControlPlane, AttemptRef])[] = [
      ['of another agent', other, task],
      ['of an epoch to come', engine.plane, { ...task, epoch: task.epoch + 1 }],
      ['of an epoch that is over', engine.plane, { ...task, epoch: task.epoch - 1 }],
      ['of no attempt', engine.plane, { attemptId: home.project.id, epoch: 1 }],
    ]
    for (const [what, plane, ref] of foreign)
      refusals.push(
        await ask(plane, ref).then(
          () => `${name} ${what} succeeded`,
          (error: { code?: string }) =>
            error.code === 'not-found' && what === 'of no attempt'
              ? 'gone'
              : (error.code ?? `${name} ${what}: ${error}`),
        ),
      )
  }

  expect(new Set(refusals)).toEqual(new Set(['gone']))
  expect(await engine.database.store.queries.stepsOf((await engine.job(pipeline, 'it')).id)).toEqual([])
  await engine.end(task)
  expect(await engine.statuses(pipeline)).toEqual({ it: 'success' })
})

test('a heartbeat about another agent’s attempt is told to stop it, and does not keep it alive [S-12]', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config)
  const task = await engine.take(pipeline, 'it')
  const { agentId } = engine

  const answer = await other.heartbeat({ agentId, attempts: [task], waitMs: 0 }, never())

  expect(answer.stop).toEqual([{ attemptId: task.attemptId, reason: 'gone' }])
  expect((await engine.plane.heartbeat({ agentId, attempts: [task], waitMs: 0 }, never())).stop).toEqual([])
  await engine.end(task)
})

test('who says to be another agent claims and speaks as itself [S-12]', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config)
  const free = { cpus: 8, memoryMb: 32_768, tasks: 1 }
  const [claim] = await other.claim(
    { agentId: engine.agentId, free, running: [], executors: ['docker'], waitMs: 0 } as never,
    never(),
  )

  expect(claim).toBeDefined()
  await expect(engine.plane.grant(claim!)).rejects.toMatchObject({ code: 'gone' })
  await other.grant(claim!)
  const end = { type: 'task-finished', result: 'passed', message: null, at } as const
  await other.report({ attemptId: claim!.attemptId, epoch: claim!.epoch, from: 1, entries: [end] })
  expect(await engine.statuses(pipeline)).toEqual({ it: 'success' })
})
