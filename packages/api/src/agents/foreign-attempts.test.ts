import { newBoxKey } from '@rondo/adapters'
import type { ClaimedTask } from '@rondo/model'
import { agentCalls, agentPathPrefix, type ControlPlane } from '@rondo/protocol'
import { openAgentsPort, startTestEngine, type TestEngine } from '@rondo/testkit'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashToken, newAgentToken } from '../credentials.ts'

let engine: TestEngine
let port: FastifyInstance
let rootId: string

const config = 'version: 2.1\njobs: {it: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [it]}}'
/** What is said of the asking agent itself, whatever attempt is named beside. */
const ofTheAgent: readonly (keyof ControlPlane)[] = ['hello', 'claim', 'heartbeat', 'checkIn']

beforeAll(async () => {
  engine = await startTestEngine({ agent: false })
  const { accounts } = engine.database.store
  rootId = (await accounts.createUser({ login: 'root', name: 'Root', admin: true, passwordHash: null })).id
  port = openAgentsPort(engine)
})

afterAll(async () => {
  await port.close()
  await engine.stop()
})

interface Ref {
  readonly attemptId: string
  readonly epoch: number
}

async function agentNamed(name: string) {
  const token = newAgentToken('agent')
  await engine.database.store.agentTokens.create({ kind: 'agent', name, hash: hashToken(token), actorId: rootId })
  const headers = { authorization: `Bearer ${token}`, 'rondo-seat': `folder-of-${name}/boot:1:2` }

  /** Any call of the contract, with whatever its body may hold, about one attempt. */
  async function call(route: keyof typeof agentCalls, ref: Ref, more: object = {}) {
    const url = `${agentPathPrefix}/${agentCalls[route]}`
    const query = `attempt=${ref.attemptId}&epoch=${ref.epoch}&step=0&offset=0&digest=${'a'.repeat(64)}`
    const octets = { ...headers, 'content-type': 'application/octet-stream' }
    const answer =
      route === 'downloadObject'
        ? await port.inject({ method: 'GET', url: `${url}?${query}`, headers })
        : route === 'appendOutput' || route === 'uploadObject'
          ? await port.inject({ method: 'POST', url: `${url}?${query}`, headers: octets, payload: 'planted' })
          : await port.inject({ method: 'POST', url, headers, payload: { ...bodyAbout(ref, route), ...more } })
    return { status: answer.statusCode, body: answer.json() as Record<string, unknown> }
  }
  await call('hello', { attemptId: '', epoch: 0 }, { name, hostname: name })
  return call
}

function bodyAbout(ref: Ref, route: keyof typeof agentCalls) {
  const at = new Date().toISOString()
  const step = { type: 'step-started', step: 0, name: 's', kind: 'run', command: null, background: false, at }
  const machine = {
    hostname: 'other',
    version: '1',
    os: 'linux',
    arch: 'x64',
    cpus: 4,
    memoryMb: 8_192,
    executors: ['docker'],
    boxes: 1,
  }
  const questions = {
    keys: ['deps-'],
    // Of a cache, and with which an answer is sealed.
    key: newBoxKey().publicHalf,
    by: 'filename',
    wanted: {},
    sha256: 'SHA256:x',
    after: 0,
    why: 'over',
    waitMs: 0,
  }
  const usage = { startedAt: at, intervalMs: 1_000, cpus: 1, memoryMb: 1, cpuMilli: [1], memoryKb: [1] }
  const own = { free: { cpus: 0, memoryMb: 0, tasks: 0 }, running: [ref.attemptId], attempts: [ref] }
  const used = { used: 0, all: 4 }
  const stands = { tasks: 0, maxTasks: 4, cpus: used, memoryMb: used, draining: false, refusal: null }
  const rest = { usage, from: 1, entries: [step], ...(route === 'checkIn' ? stands : {}) }
  return { ...ref, ...machine, ...questions, ...own, ...rest }
}

test('of a job of another organisation that another agent runs, no route of the agents’ port tells or changes anything, whatever its body says [S-12]', async () => {
  const [owner, other] = [await agentNamed('owner'), await agentNamed('other')]
  const pipeline = await engine.push((await engine.home()).project, config)
  const own = await engine.push((await engine.home()).project, config)
  const free = { cpus: 4, memoryMb: 8_192, tasks: 1 }
  const nothing = { attemptId: '', epoch: 0 }
  const claimed = async (call: typeof owner) =>
    ((await call('claim', nothing, { free, running: [] })).body.claims as readonly ClaimedTask[])[0]!
  const [task, ofOther] = [await claimed(owner), await claimed(other)]
  expect((await owner('grant', task)).status).toBe(200)
  expect((await other('grant', ofOther)).status).toBe(200)
  const { agentId: ownersId } = (await owner('hello', nothing, { name: 'owner', hostname: 'owner' })).body
  const foreign: readonly Ref[] = [
    { attemptId: task.attemptId, epoch: task.epoch },
    { attemptId: task.attemptId, epoch: ofOther.epoch },
    { attemptId: ofOther.attemptId, epoch: ofOther.epoch + 1 },
    { attemptId: ofOther.attemptId, epoch: ofOther.epoch - 1 },
    { attemptId: pipeline.projectId, epoch: 1 },
  ]

  const crossed: unknown[] = []
  for (const route of Object.keys(agentCalls) as (keyof typeof agentCalls)[])
    for (const ref of foreign) {
      const says = { agentId: ownersId, agent: ownersId, organizationId: pipeline.projectId, name: 'owner' }
      const { status, body } = await other(route, ref, says)
      const harmless = ofTheAgent.includes(route)
        ? status === 200 && !JSON.stringify({ ...body, stop: [] }).includes(task.attemptId) && body.agentId !== ownersId
        : status === 410 || status === 404
      if (!harmless) crossed.push({ route, ref, status, body })
    }

  expect(crossed).toEqual([])
  expect(await engine.statuses(pipeline)).toEqual({ it: 'running' })
  const { queries } = engine.database.store
  expect(await queries.stepsOf((await engine.job(pipeline, 'it')).id)).toEqual([])
  expect(await queries.stepsOf((await engine.job(own, 'it')).id)).toEqual([])
  const end = { type: 'task-finished', result: 'passed', message: null, at: new Date().toISOString() }
  expect((await owner('report', task, { entries: [end] })).status).toBe(200)
  expect(await engine.statuses(pipeline)).toEqual({ it: 'success' })
})
