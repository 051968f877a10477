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
