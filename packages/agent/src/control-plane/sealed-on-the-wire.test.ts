import { randomBytes } from 'node:crypto'
import { newBoxKey } from '@rondo/adapters'
import { hashToken } from '@rondo/api'
import { type ClaimedTask, contextScope, projectScope, type Seat } from '@rondo/model'
import { agentPathPrefix, type ControlPlane, type TaskSpec } from '@rondo/protocol'
import { openAgentsPort, startTestEngine, type TestEngine } from '@rondo/testkit'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { awkwardSecret, secretWritings } from '../testing/secret-writings.ts'
import { createControlPlaneClient } from './client.ts'

let engine: TestEngine
let port: FastifyInstance
let url: string
let adminId: string
/** Bodies that the port answered, as a proxy in between or a log of bodies would have them. */
const answered: { readonly path: string; readonly body: string }[] = []
/** Changes an answer on its way. */
let tamper = (body: string) => body

const config = `
version: 2.1
jobs: { it: { docker: [{ image: i }], steps: [checkout, add_ssh_keys] } }
workflows: { main: { jobs: [it: { context: [production] }] } }
`

beforeAll(async () => {
  engine = await startTestEngine({ agent: false })
  const { accounts } = engine.database.store
  adminId = (await accounts.createUser({ login: 'root', name: 'Root', admin: true, passwordHash: null })).id
  port = openAgentsPort(engine)
  port.addHook('onSend', async (request, _reply, payload) => {
    const body = tamper(String(payload))
    answered.push({ path: request.url, body })
    return body
  })
  url = await port.listen({ host: '127.0.0.1', port: 0 })
})

afterAll(async () => {
  await port.close()
  await engine.stop()
})

beforeEach(() => {
  answered.length = 0
  tamper = (body) => body
})

const seat: Seat = { folder: 'folder-one', place: 'boot-1:1:2' }
const canaries = { variable: awkwardSecret('canary-of-the-project'), context: awkwardSecret('canary-of-the-context') }
const keys = { additional: 'canary-additional-key', checkout: 'canary-checkout-key' }

/** A project with secrets of every kind, and its job, claimed by an agent with a token of its own. */
async function claimedTask(): Promise<{ plane: ControlPlane; task: ClaimedTask; token: string }> {
  const { store } = engine.database
  const { organization, project } = await engine.home()
  const seal = (value: string, scope = projectScope(project.id)) => engine.keyRing.seal(value, scope)
  const { id } = await store.secrets.createContext(organization.id, 'production')
  const sealed = await seal(canaries.context, contextScope(id))
  await store.secrets.setContextVariable(id, { name: 'CONTEXT', sealed, hint: '' })
  await store.secrets.setProjectVariable(project.id, { name: 'V', sealed: await seal(canaries.variable), hint: '' })
  const key = { projectId: project.id, publicKey: '', md5: project.id, sha256: project.id, createdBy: null }
  await store.sshKeys.add({ ...key, hostname: '', sealed: await seal(keys.additional) })
  await store.checkoutKeys.add({ ...key, type: 'deploy-key', sealed: await seal(keys.checkout) })
  await engine.push(project, config)
  const token = await newToken()
  const plane = createControlPlaneClient(url, token, { seat })
  const machine = { hostname: '', version: '', os: '', arch: '', cpus: 4, memoryMb: 8_192 }
  const { agentId } = await plane.hello({ ...machine, name: '', executors: ['docker'] })
  const free = { cpus: 4, memoryMb: 8_192, tasks: 1 }
  const request = { agentId, free, running: [], executors: ['docker'] as const, waitMs: 0 }
  const [task] = await plane.claim(request, new AbortController().signal)
  return { plane, task: task as ClaimedTask, token }
}

async function newToken(): Promise<string> {
  const name = `agent-${randomBytes(8).toString('hex')}`
  const token = `rondo_agent_${randomBytes(32).toString('base64url')}`
  await engine.database.store.agentTokens.create({ kind: 'agent', name, hash: hashToken(token), actorId: adminId })
  return token
}

/** What the agent was given that is anybody's secret. */
function secretsOf({ secrets, environment, checkout, sshKeys }: TaskSpec): readonly string[] {
  const tokens = environment.filter(({ name }) => name.startsWith('CIRCLE_OIDC_TOKEN')).map(({ value }) => value)
  const privateKeys = [...sshKeys, ...(checkout.ssh === null ? [] : [checkout.ssh])].map((key) => key.privateKey)
  return [...new Set([...secrets, ...tokens, ...privateKeys, checkout.password])]
}

/** Secrets that the recorded bodies hold, in any writing that is common. */
function readable(secrets: readonly string[]): readonly string[] {
  const bodies = answered.map(({ body }) => body).join('\n')
  return secrets.flatMap((secret) =>
    Object.entries(secretWritings).flatMap(([writing, write]) =>
      bodies.includes(write(secret)) ? [`${secret.slice(0, 20)}, as ${writing}`] : [],
    ),
  )
}

/** A question about an attempt as anybody on the network may put it. */
async function post(call: string, token: string, body: object, from = seat) {
  const headers = { authorization: `Bearer ${token}`, 'rondo-seat': `${from.folder}/${from.place}` }
  const answer = await port.inject({ method: 'POST', url: `${agentPathPrefix}/${call}`, headers, payload: body })
  return { status: answer.statusCode, body: answer.json() as { box?: string; message?: string } }
}

test('what an agent is granted, resumes with and asks tokens for crosses sealed: no body holds a secret in any usual writing (rule D-19)', async () => {
  const { plane, task, token } = await claimedTask()

  const granted = await plane.grant(task)
  const minted = await plane.mintToken(task, { rootIssuer: false })
  const resumed = await createControlPlaneClient(url, token, { seat }).resume(task)

  const secrets = [...secretsOf(granted), ...secretsOf(resumed), minted.token]
  expect(granted.environment).toContainEqual({ name: 'V', value: canaries.variable })
  expect(resumed).toEqual(granted)
  expect(secrets).toEqual(expect.arrayContaining([...Object.values(canaries), ...Object.values(keys)]))
  expect(answered.map(({ path }) => path.split('/').at(-1))).toEqual([
    'hello',
    'claim',
    'grant',
    'mint-token',
    'resume',
  ])
  expect(readable(secrets)).toEqual([])
  // What is looked for would be found.
  answered.push({ path: '', body: JSON.stringify(granted) })
  expect(new Set(readable(secrets).map((found) => found.split(', as ')[0])).size).toBeGreaterThan(4)
})

test('who has no key is handed nothing, and has not used the permission up', async () => {
  const { plane, task, token } = await claimedTask()
  const ref = { attemptId: task.attemptId, epoch: task.epoch }
  const point = Buffer.alloc(32).toString('base64url')

  for (const body of [ref, { ...ref, key: '' }, { ...ref, key: 7 }, { ...ref, key: point }])
    for (const call of ['grant', 'resume', 'mint-token']) {
      const refused = await post(call, token, body)
      expect([call, refused.status === 400 || refused.status === 409, refused.body.box]).toEqual([
        call,
        true,
        undefined,
      ])
    }

  expect((await plane.grant(task)).attemptId).toBe(task.attemptId)
})

test('a key does not stand for a seat: with another token, or from another process, nobody resumes or is given tokens with a key of their own [S-12]', async () => {
  const { plane, task, token } = await claimedTask()
  await plane.grant(task)
  const key = newBoxKey()
  const body = { attemptId: task.attemptId, epoch: task.epoch, wanted: {}, key: key.publicHalf }
  const stranger = await newToken()
  const copy: Seat = { folder: 'folder-two', place: 'boot-2:1:2' }

  const refusals = []
  for (const call of ['grant', 'resume', 'mint-token'])
    refusals.push(
      await post(call, stranger, body),
      await post(call, token, body, copy),
      await post(call, token, { ...body, epoch: task.epoch + 1 }),
    )
  const again = await post('grant', token, body)
  const owner = await post('resume', token, body)

  expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([410]))
  expect(again.status).toBe(409)
  expect([...refusals, again].map((answer) => answer.body.box)).not.toContainEqual(expect.anything())
  const spec = key.open(owner.body.box ?? '', { kind: 'task', attemptId: task.attemptId, epoch: task.epoch })
  expect(spec).toContain(keys.checkout)
})

test('an agent opens no box of another attempt or epoch, none that was changed, and takes nothing unsealed for one', async () => {
  const { plane, task } = await claimedTask()
  const other = await claimedTask()
  await plane.grant(task)
  await other.plane.grant(other.task)
  const boxes = answered.flatMap(({ body }) => ('box' in JSON.parse(body) ? [JSON.parse(body).box as string] : []))
  expect(boxes).toHaveLength(2)
  const flipped = (body: string) => body.replace(/(.{20})(.)/, (_, head, one) => head + (one === 'A' ? 'B' : 'A'))
  const answers: readonly ((body: string) => string)[] = [
    () => JSON.stringify({ box: boxes[0] }),
    () => JSON.stringify({ box: boxes[1] }),
    () => JSON.stringify({ box: '' }),
    flipped,
  ]

  for (const changed of answers) {
    tamper = changed
    await expect(plane.resume(task)).rejects.toThrow(/does not open: it was changed on its way/)
  }
  tamper = () => JSON.stringify({ attemptId: task.attemptId, epoch: task.epoch, environment: [] })
  await expect(plane.resume(task)).rejects.toThrow(/unsealed/)
  tamper = (body) => body
  expect((await plane.resume(task)).attemptId).toBe(task.attemptId)
})

test('an agent that opens no boxes is refused when it says hello, with the cure, before it is given a task', async () => {
  const token = await newToken()
  const machine = { hostname: 'h', version: '', os: '', arch: '', cpus: 4, memoryMb: 8_192, executors: ['docker'] }

  const refused = await post('hello', token, machine)

  expect(refused).toMatchObject({
    status: 401,
    body: { message: expect.stringMatching(/Install the server’s version/) },
  })
  expect((await post('hello', token, { ...machine, boxes: 1 })).status).toBe(200)
})
