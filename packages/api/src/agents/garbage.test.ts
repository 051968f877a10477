import { agentCalls, agentPathPrefix } from '@rondo/protocol'
import { openAgentsPort, startTestEngine, type TestEngine } from '@rondo/testkit'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashToken, newAgentToken } from '../credentials.ts'
import type { agentBodies } from './shapes.ts'

let engine: TestEngine
let port: FastifyInstance
let headers: Readonly<Record<string, string>>
/** What the server could not foresee, and so answered with 500. */
const unforeseen: unknown[] = []

beforeAll(async () => {
  engine = await startTestEngine({ agent: false })
  const { agentTokens, accounts } = engine.database.store
  const actorId = (await accounts.createUser({ login: 'root', name: 'Root', admin: true, passwordHash: null })).id
  port = openAgentsPort(engine, (error) => unforeseen.push(error))
  const token = newAgentToken('agent')
  await agentTokens.create({ kind: 'agent', name: 'it', hash: hashToken(token), actorId })
  headers = { authorization: `Bearer ${token}`, 'rondo-seat': 'folder/boot:1:2', 'content-type': 'application/json' }
  expect((await post('hello', hello)).status).toBe(200)
})

afterAll(async () => {
  await port.close()
  await engine.stop()
})

const ref = { attemptId: '01a2023c-5a9c-7ccb-8d99-b9d5e8cba8f8', epoch: 1 }
const key = 'k'.repeat(43)
const at = '2026-01-01T00:00:00.000Z'
const object = { digest: 'a'.repeat(64), size: 1 }
const hello = {
  version: '1',
  hostname: 'm',
  os: 'linux',
  arch: 'x64',
  cpus: 4,
  memoryMb: 8_192,
  executors: ['docker'],
  boxes: 1,
}
const used = { used: 0, all: 4 }
const timed = { result: 'passed', at }
const aTest = { name: 't', classname: 'c', file: null, result: 'success', message: '', runTime: 1, source: 's' }

/** A body of each call that is understood, its attempt being nobody's. */
const bodies: Readonly<Record<keyof typeof agentBodies, object>> = {
  hello,
  claim: { free: { cpus: 0, memoryMb: 0, tasks: 0 }, executors: [], waitMs: 0, running: [ref.attemptId] },
  grant: { ...ref, key },
  resume: { ...ref, key },
  heartbeat: { attempts: [ref], waitMs: 0 },
  checkIn: { tasks: 0, maxTasks: 4, cpus: used, memoryMb: used, draining: false, refusal: null, faults: ['hole'] },
  report: {
    ...ref,
    from: 1,
    entries: [
      { type: 'step-started', step: 0, name: 's', kind: 'run', command: null, background: false, at },
      {
        type: 'step-finished',
        step: 0,
        exitCode: 0,
        outputBytes: 0,
        outputSha256: 'a'.repeat(64),
        truncated: false,
        ...timed,
      },
      { type: 'cache-saved', key: 'k', object },
      { type: 'workspace-persisted', object },
      { type: 'artifact-stored', path: 'p', object },
      { type: 'tests-stored', tests: [aTest] },
      { type: 'image-resolved', position: 0, image: 'a', digest: 'sha256:1' },
      { type: 'task-finished', message: null, ...timed },
    ],
  },
  beginHold: ref,
  endHold: { ...ref, why: 'over' },
  holdOrders: { ...ref, after: 0, waitMs: 0 },
  reportUsage: {
    ...ref,
    usage: { startedAt: at, intervalMs: 1_000, cpus: 1, memoryMb: 1, cpuMilli: [1], memoryKb: [1] },
  },
  findCache: { ...ref, keys: ['k'] },
  hasCache: { ...ref, key: 'k' },
  findWorkspace: ref,
  otherSlices: ref,
  admitSsh: { ...ref, sha256: 'SHA256:x', proven: true },
  mintToken: { ...ref, wanted: {}, key },
  findTimings: { ...ref, by: 'filename' },
}

async function post(call: keyof typeof agentBodies, body: unknown) {
  const answer = await port.inject({
    method: 'POST',
    url: `${agentPathPrefix}/${agentCalls[call]}`,
    headers,
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: answer.statusCode, message: String(answer.json().message) }
}

/** A body with one of its values, however deep, gone or another thing than it should be. */
function spoiled(value: unknown): readonly unknown[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => [undefined, ...spoiled(item)].map((other) => value.with(index, other ?? {})))
  if (typeof value !== 'object' || value === null) return [{}, [], Number.isFinite(value) ? 'text' : 7]
  return Object.entries(value).flatMap(([name, inner]) => spoiled(inner).map((other) => ({ ...value, [name]: other })))
}

test('what is no body of a call is refused with its reason, whatever of it is wrong', async () => {
  const misjudged: unknown[] = []
  let asked = 0
  for (const [call, body] of Object.entries(bodies) as [keyof typeof agentBodies, object][]) {
    const understood = await post(call, body)
    if (![200, 404, 410].includes(understood.status)) misjudged.push({ call, body, ...understood })
    const others =
      call === 'mintToken'
        ? spoiled({ ...ref, key }).map((other) => ({ ...body, ...(other as object) }))
        : spoiled(body)
    const without = Object.keys(body).map((name) => ({ ...body, [name]: undefined }))
    for (const other of [...others, [], 'no JSON', '', 'null', '7']) {
      const { status, message } = await post(call, other)
      asked++
      if (status !== 400 || message.length < 5) misjudged.push({ call, other, status, message })
    }
    for (const other of without) {
      const { status } = await post(call, other)
      asked++
      if (status >= 500) misjudged.push({ call, other, status })
    }
  }

  expect(misjudged).toEqual([])
  expect(unforeseen).toEqual([])
  expect(asked).toBeGreaterThan(200)
})

test('bytes for no attempt, step or place are refused with their reason', async () => {
  const octets = { ...headers, 'content-type': 'application/octet-stream' }
  const good = { attempt: ref.attemptId, epoch: '1', step: '0', offset: '0' }
  const upload = async (query: Record<string, string>) => {
    const url = `${agentPathPrefix}/${agentCalls.appendOutput}?${new URLSearchParams(query)}`
    const answer = await port.inject({ method: 'POST', url, headers: octets, payload: 'bytes' })
    return { status: answer.statusCode, message: String(answer.json().message) }
  }

  expect((await upload(good)).status).toBe(410)
  expect(await upload({ ...good, attempt: 'it' })).toEqual({ status: 400, message: expect.stringContaining('UUID') })
  for (const name of ['epoch', 'step', 'offset'])
    for (const text of ['', 'text', '-1', '0.5', '1e30'])
      expect(await upload({ ...good, [name]: text === '' ? 'x' : text })).toEqual({
        status: 400,
        message: `The call needs ${name}, a whole number.`,
      })
  expect(unforeseen).toEqual([])
})
