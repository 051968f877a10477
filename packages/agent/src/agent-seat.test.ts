import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '@rondo/model'
import type { ControlPlane } from '@rondo/protocol'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runAgent } from './agent.ts'
import { seatOf } from './life/seat.ts'
import { createFakeServer } from './testing/fake-server.ts'
import { createProcessExecutor } from './testing/process-executor.ts'
import { runStep, taskSpec } from './testing/task-spec.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'agent-seat-'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

/** An agent that is given one endless task, and a server that answers its greetings and beats as told. */
function working(parts: Partial<ControlPlane> = {}) {
  const spec = taskSpec([runStep(`touch ${root}/running; sleep 600; touch ${root}/went-on`)])
  const server = createFakeServer(spec)
  const log: string[] = []
  let claims = 0
  const stop = new AbortController()
  const ended = runAgent(
    {
      name: 'a',
      version: '',
      executor: createProcessExecutor(root),
      dataFolder: root,
      log: (message, fields) => void log.push([message, fields?.reason].filter(Boolean).join(': ')),
      controlPlane: {
        ...server.controlPlane,
        async claim(_request, signal) {
          if (++claims === 1) return [{ ...spec, jobName: 'it', cpus: 1, memoryMb: 1 }]
          return new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        },
        ...parts,
      },
    },
    stop.signal,
  )
  return { server, log, stop, ended, claims: () => claims, running: () => existsSync(join(root, 'running')) }
}

const taken = new AppError('conflict', 'This agent is another process already: on big-box.')

test('while another process is the agent it says so once, claims nothing, and is the agent when that one ended [R-42]', async () => {
  let greetings = 0
  let claimedBefore: number | undefined
  const agent = working({
    hello: async () => {
      if (++greetings < 3) throw taken
      claimedBefore = agent.claims()
      return { agentId: 'a', leaseMs: 30_000 }
    },
  })

  await vi.waitFor(() => expect(agent.running()).toBe(true), 30_000)

  expect(claimedBefore).toBe(0)
  expect(agent.log.filter((line) => line.startsWith('waits'))).toEqual([
    'waits, because another process is this agent: This agent is another process already: on big-box.',
  ])
  agent.stop.abort()
  await agent.ended
}, 60_000)

test('an agent that learns that another process is it by now ends what it runs without a word of it, and asks to be it again [R-42 S-12]', async () => {
  let over = false
  const refuse = async (): Promise<never> => {
    throw new AppError('gone', 'Agent a is another process by now.')
  }
  const agent = working({
    hello: async () => {
      if (over) throw taken
      return { agentId: 'a', leaseMs: 30_000 }
    },
    heartbeat: async (_request, signal) => {
      if (over) return refuse()
      return new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        setTimeout(() => reject(new AppError('unavailable', 'cut')), 50)
      })
    },
  })
  await vi.waitFor(() => expect(agent.running()).toBe(true), 20_000)

  over = true

  await vi.waitFor(() => expect(existsSync(join(root, 'tasks', taskSpec([]).attemptId))).toBe(false), 20_000)
  expect(existsSync(join(root, 'went-on'))).toBe(false)
  expect(agent.server.entries.some((entry) => entry.type === 'task-finished')).toBe(false)
  expect(agent.log.filter((line) => line.startsWith('waits'))).toHaveLength(1)
  agent.stop.abort()
  await agent.ended
})

test('an agent whose token is revoked ends what it runs and then itself, with the reason [S-13]', async () => {
  let revoked = false
  const agent = working({
    heartbeat: async () => {
      if (revoked) throw new AppError('unauthenticated', 'The token of agent a was revoked by root.')
      throw new AppError('unavailable', 'cut')
    },
  })
  await vi.waitFor(() => expect(agent.running()).toBe(true), 20_000)

  revoked = true

  await expect(agent.ended).rejects.toMatchObject({ message: 'The token of agent a was revoked by root.' })
  expect(existsSync(join(root, 'tasks', taskSpec([]).attemptId))).toBe(false)
  expect(existsSync(join(root, 'went-on'))).toBe(false)
})

test('a folder is the same seat at every start, and another once it was copied', async () => {
  const first = seatOf(root)
  const copy = mkdtempSync(join(tmpdir(), 'agent-seat-copy-'))
  cpSync(root, copy, { recursive: true })
  const copied = seatOf(copy)
  rmSync(copy, { recursive: true })

  expect(seatOf(root)).toEqual(first)
  expect(copied.folder).toBe(first.folder)
  expect(copied.place).not.toBe(first.place)
  expect(`${first.folder}/${first.place}`).toMatch(/^[\w-]{32}\/[\w-]+:\d+:\d+$/)
})
