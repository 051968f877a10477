import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClaimRequest, ControlPlane, HeartbeatRequest } from '@rondo/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runAgent } from './agent.ts'
import { createFakeServer } from './testing/fake-server.ts'
import { createProcessExecutor } from './testing/process-executor.ts'
import { runStep, taskSpec } from './testing/task-spec.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'agent-'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5)
}

test('an agent keeps the lease of what it claimed, names what it runs, and asks anew when a job leaves more room', async () => {
  const spec = taskSpec([runStep(`until [ -e ${root}/go ]; do sleep 0.01; done`)])
  const server = createFakeServer(spec)
  const claims: ClaimRequest[] = []
  const beats: HeartbeatRequest[] = []
  const waiting = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const controlPlane: ControlPlane = {
    ...server.controlPlane,
    async claim(request, signal) {
      claims.push(request)
      if (claims.length > 1) return waiting(signal)
      return [{ attemptId: spec.attemptId, epoch: spec.epoch, jobName: 'it', cpus: 1, memoryMb: 1 }]
    },
    heartbeat(request, signal) {
      beats.push(request)
      return waiting(signal)
    },
  }
  const stop = new AbortController()
  const agent = runAgent(
    { name: 'a', version: '', controlPlane, executor: createProcessExecutor(root), dataFolder: root, log: () => {} },
    stop.signal,
  )

  await until(() => claims.length === 2 && beats.length === 1)
  await until(() => server.entries.some((entry) => entry.type === 'step-started' && entry.step === 2))
  writeFileSync(join(root, 'go'), '')
  await until(() => claims.length === 3)
  stop.abort()
  await agent

  expect(claims.map((claim) => claim.running)).toEqual([[], [spec.attemptId], []])
  expect(claims[0]!.free.cpus - claims[1]!.free.cpus).toBe(1)
  expect(claims[2]!.free).toEqual(claims[0]!.free)
  expect(beats[0]!.attempts).toEqual([{ attemptId: spec.attemptId, epoch: spec.epoch }])
})

/** A server that gives this task once, and an agent that works for it. */
function working(spec: ReturnType<typeof taskSpec>) {
  const server = createFakeServer(spec)
  const claims: ClaimRequest[] = []
  const [drain, stop] = [new AbortController(), new AbortController()]
  const log: string[] = []
  const ended = runAgent(
    {
      name: 'a',
      version: '',
      executor: createProcessExecutor(root),
      dataFolder: root,
      log: (message, fields) => void log.push(String(fields?.status ?? message)),
      capacity: { cpus: 4, memoryMb: 8192, tasks: 2 },
      drain: drain.signal,
      controlPlane: {
        ...server.controlPlane,
        async claim(request, signal) {
          claims.push(request)
          if (claims.length === 1)
            return [{ attemptId: spec.attemptId, epoch: spec.epoch, jobName: 'it', cpus: 1, memoryMb: 2048 }]
          return request.free.tasks === 0
            ? []
            : new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        },
      },
    },
    stop.signal,
  )
  const running = () => server.entries.some((entry) => entry.type === 'step-started' && entry.step === 2)
  return { server, claims, log, drain, stop, ended, running }
}

test('a drained agent finishes what runs, claims nothing that has room, says so in a line, and then ends [R-34]', async () => {
  const agent = working(taskSpec([runStep(`until [ -e ${root}/go ]; do sleep 0.01; done`)]))
  await until(agent.running)

  agent.drain.abort()
  await until(() => agent.log.some((line) => line.includes('draining since')))
  const claimed = agent.claims.length
  writeFileSync(join(root, 'go'), '')
  await agent.ended

  expect(agent.server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'passed' })
  expect(agent.claims.slice(claimed).filter((claim) => claim.free.tasks > 0)).toEqual([])
  expect(agent.log.find((line) => line.includes('draining since'))).toMatch(
    /^1 of 2 tasks · 1 of 2 × 4 CPUs · 2\.0 of 8\.0 GB · draining since \d\d:\d\d UTC$/,
  )
})

test('an agent that is told again while it drains ends at once, and the next one goes on with what ran', async () => {
  const agent = working(taskSpec([runStep(`until [ -e ${root}/go ]; do sleep 0.01; done; echo done`)]))
  await until(agent.running)
  agent.drain.abort()
  agent.stop.abort()
  await agent.ended
  expect(agent.server.entries.some((entry) => entry.type === 'task-finished')).toBe(false)
  writeFileSync(join(root, 'go'), '')

  const [drain, stop] = [new AbortController(), new AbortController()]
  drain.abort()
  await runAgent(
    {
      name: 'a',
      version: '',
      controlPlane: agent.server.controlPlane,
      executor: createProcessExecutor(root),
      dataFolder: root,
      log: () => {},
      drain: drain.signal,
    },
    stop.signal,
  )

  expect(agent.server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'passed' })
  expect(agent.server.output(2)).toBe('done\n')
})

test('a job that may be run anew begins as any other on an agent that had nothing to do, and so heard nothing, for long', async () => {
  const spec = taskSpec([runStep('sleep 1.5; echo done')], { stopUnheardAfterMs: 8_000 })
  const server = createFakeServer(spec)
  const waiting = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  let claims = 0
  const stop = new AbortController()
  const ended = runAgent(
    {
      name: 'a',
      version: '',
      executor: createProcessExecutor(root),
      dataFolder: root,
      log: () => {},
      controlPlane: {
        ...server.controlPlane,
        heartbeat: (_request, signal) => waiting(signal),
        async claim(_request, signal) {
          if (++claims > 1) return waiting(signal)
          await sleep(8_500)
          return [{ ...spec, jobName: 'it', cpus: 1, memoryMb: 1 }]
        },
      },
    },
    stop.signal,
  )

  await until(() => server.entries.at(-1)?.type === 'task-finished')
  stop.abort()
  await ended

  expect(server.entries.at(-1)).toMatchObject({ result: 'passed' })
}, 60_000)
