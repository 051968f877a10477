import { once } from 'node:events'
import { request } from 'node:http'
import { newBoxKey } from '@rondo/adapters'
import { type AgentTokenView, type AgentView, agentCalls, type NewAgentTokenView } from '@rondo/protocol'
import { openAgentsPort, startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashToken } from '../credentials.ts'

let engine: TestEngine
let web: TestWeb
let port: FastifyInstance
let otherPort: FastifyInstance
let admin: string

beforeAll(async () => {
  engine = await startTestEngine({ agent: false })
  web = await startTestWeb(engine)
  const { accounts } = engine.database.store
  admin = await web.token(await accounts.createUser({ login: 'root', name: 'Root', admin: true, passwordHash: null }))
  port = openAgentsPort(engine)
  otherPort = openAgentsPort(engine)
})

afterAll(async () => {
  await port.close()
  await otherPort.close()
  await web.stop()
  await engine.stop()
})

const key = newBoxKey().publicHalf
const tokensPath = '/api/private/agent-tokens'
const config = 'version: 2.1\njobs: {it: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [it]}}'

async function makeToken(wanted: object): Promise<NewAgentTokenView> {
  const { status, body } = await web.request(admin, 'POST', tokensPath, wanted)
  expect(status).toBe(200)
  return body as unknown as NewAgentTokenView
}

/** A process that speaks to the agents' port, as an agent does. */
function agentProcess(token: string, host: string, seat = `folder-of-${host}/boot:1:2`, at = port) {
  const call = async (name: string, payload: object) => {
    const headers = { authorization: `Bearer ${token}`, 'rondo-seat': seat }
    const answer = await at.inject({ method: 'POST', url: `/agent/v1/${name}`, headers, payload })
    return { status: answer.statusCode, ...(answer.json() as Record<string, unknown>) } as {
      readonly status: number
      readonly code?: string
      readonly message?: string
      readonly claims?: readonly { readonly attemptId: string; readonly epoch: number }[]
    }
  }
  const machine = { version: '1', os: 'linux', arch: 'x64', cpus: 4, memoryMb: 8192, executors: ['docker'], boxes: 1 }
  const free = { cpus: 4, memoryMb: 8192, tasks: 4 }
  return {
    call,
    hello: (name = host) => call('hello', { ...machine, name, hostname: host }),
    claim: () => call('claim', { agentId: '', free, executors: ['docker'], running: [], waitMs: 0 }),
  }
}

const agents = async () =>
  ((await web.request(admin, 'GET', '/api/private/agents')).body as unknown as { agents: AgentView[] }).agents
const tokens = async () =>
  ((await web.request(admin, 'GET', tokensPath)).body as unknown as { tokens: AgentTokenView[] }).tokens
const push = async () => engine.push((await engine.home()).project, config)

test('each token is an agent of its own, whatever the machine calls itself, and speaks of its own attempts only [S-12]', async () => {
  const [one, two] = [await makeToken({ name: 'one' }), await makeToken({ name: 'two' })]
  const [first, second] = [agentProcess(one.token, 'host-1'), agentProcess(two.token, 'host-2')]
  await first.hello('two')
  await second.hello('two')
  await push()

  const [claim] = (await first.claim()).claims!
  const others = (await second.claim()).claims
  const stolen = await second.call('grant', { ...claim!, key })

  expect((await agents()).map(({ name, hostname }) => [name, hostname])).toEqual([
    ['one', 'host-1'],
    ['two', 'host-2'],
  ])
  expect(others).toEqual([])
  expect(stolen).toMatchObject({ status: 410 })
  expect(await tokens()).toMatchObject([
    { name: 'one', kind: 'agent', createdBy: 'root' },
    { name: 'two', kind: 'agent', lastUsedAt: expect.any(String) },
  ])
  // Shown once: nothing that is kept or listed holds it.
  expect(JSON.stringify(await tokens())).not.toContain(one.token)
})

test('a revoked agent is refused in words, is handed nothing, and what it had not started goes to another [S-13]', async () => {
  const doomed = await makeToken({ name: 'doomed' })
  const heir = await makeToken({ name: 'heir' })
  const [before, after] = [agentProcess(doomed.token, 'old'), agentProcess(heir.token, 'new')]
  await before.hello()
  await after.hello()
  await push()
  const [claim] = (await before.claim()).claims!

  const revoked = await web.request(admin, 'POST', `${tokensPath}/${doomed.id}/revoke`)

  expect(revoked.status).toBe(200)
  await expect
    .poll(async () => await before.claim(), { timeout: 10_000 })
    .toMatchObject({
      status: 401,
      message: expect.stringMatching(/^The token of agent doomed was revoked by root at /),
    })
  expect(await before.hello()).toMatchObject({ status: 401 })
  const expired = await engine.database.store.engine.expired(10)
  expect(expired.map(({ attemptId, granted }) => [attemptId, granted])).toEqual([[claim!.attemptId, false]])
  expect((await tokens()).map(({ name }) => name)).not.toContain('doomed')
  expect((await web.request(admin, 'POST', `${tokensPath}/${doomed.id}/revoke`)).status).toBe(404)
})

test('what a revoked agent says of a job it had begun counts for nothing, from the moment on in which it is revoked [S-13]', async () => {
  const made = await makeToken({ name: 'late' })
  const agent = agentProcess(made.token, 'late')
  await agent.hello()
  const pipeline = await push()
  const claimed = (await agent.claim()).claims!
  const own = claimed.at(-1)!
  expect((await agent.call('grant', { ...own, key })).status).toBe(200)

  await web.request(admin, 'POST', `${tokensPath}/${made.id}/revoke`)
  const end = { type: 'task-finished', result: 'canceled', message: null, at: new Date().toISOString() }
  const said = await agent.call('report', { ...own, from: 1, entries: [end] })

  expect([401, 410]).toContain(said.status)
  expect((await engine.database.store.engine.expired(10)).map(({ attemptId }) => attemptId)).toContain(own.attemptId)
  expect(Object.values(await engine.statuses(pipeline))).not.toContain('canceled')
})

test('a claim that was waiting when the last token was revoked is handed nothing [S-13]', async () => {
  const token = await makeToken({ name: 'waits' })
  const agent = agentProcess(token.token, 'waits')
  await agent.hello()
  const { agentId } = (await engine.database.store.agentTokens.find(hashToken(token.token)))!
  const plane = engine.planeOf({ id: agentId! })
  const free = { cpus: 4, memoryMb: 8192, tasks: 4 }
  const waiting = plane.claim(
    { agentId: '', free, executors: ['docker'], running: [], waitMs: 3_000 },
    new AbortController().signal,
  )

  await web.request(admin, 'POST', `${tokensPath}/${token.id}/revoke`)
  await push()

  expect(await waiting).toEqual([])
})

test('an agent that waits for work, or for news of its jobs, learns in that very call that it is revoked, whichever server process it asked [S-13]', async () => {
  const token = await makeToken({ name: 'idle' })
  const unharmed = await makeToken({ name: 'unharmed' })
  const seat = 'folder-of-idle/boot:1:2'
  const ofOther = agentProcess(unharmed.token, 'unharmed')
  await agentProcess(token.token, 'idle', seat).hello()
  await ofOther.hello()
  await push()
  const given = (await agentProcess(token.token, 'idle', seat).claim()).claims!
  const own = given.at(-1)!
  const claim = {
    agentId: '',
    free: { cpus: 0, memoryMb: 0, tasks: 0 },
    executors: ['docker'],
    running: given.map(({ attemptId }) => attemptId),
  }
  // As long as the server lets anybody wait: only the revocation can end these calls with a refusal.
  const waitMs = 600_000
  const calls = [port, otherPort].map((at) => agentProcess(token.token, 'idle', seat, at).call)
  const claims = calls.map((call) => call('claim', { ...claim, waitMs }))
  const heartbeats = calls.map((call) => call('heartbeat', { agentId: '', attempts: [own], waitMs }))
  const neighbours = ofOther.call('claim', { ...claim, running: [], waitMs: 3_000 })

  await web.request(admin, 'POST', `${tokensPath}/${token.id}/revoke`)

  const refused = { status: 401, message: expect.stringMatching(/^The token of agent idle was revoked by root at /) }
  for (const answer of await Promise.all(claims)) expect(answer).toMatchObject(refused)
  // It may have looked by itself before, and found that the attempt is no more this agent's.
  for (const answer of await Promise.all(heartbeats))
    if (answer.status === 200) expect(answer).toMatchObject({ stop: [{ attemptId: own.attemptId, reason: 'gone' }] })
    else expect(answer).toMatchObject(refused)
  expect(await neighbours).toMatchObject({ status: 200, claims: [] })
  for (const call of calls) expect(await call('grant', { ...own, key })).toMatchObject(refused)
})

test('what a revoked agent is just sending is cut off [S-13]', async () => {
  const token = await makeToken({ name: 'sends' })
  const seat = 'folder-of-sends/boot:1:2'
  const agent = agentProcess(token.token, 'sends', seat)
  await agent.hello()
  await push()
  const own = (await agent.claim()).claims!.at(-1)!
  await agent.call('grant', { ...own, key })
  // From now on this process knows the token, so that it admits the upload with the first look at it.
  await agentProcess(token.token, 'sends', seat, otherPort).call('heartbeat', { agentId: '', attempts: [], waitMs: 0 })
  const address = await otherPort.listen({ host: '127.0.0.1', port: 0 })
  const url = `${address}/agent/v1/${agentCalls.uploadObject}?attempt=${own.attemptId}&epoch=${own.epoch}`
  const upload = request(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token.token}`,
      'rondo-seat': seat,
      'content-type': 'application/octet-stream',
      expect: '100-continue',
    },
  })
  upload.flushHeaders()
  await once(upload, 'continue')
  upload.write('the first bytes of an object without end')
  const ended = once(upload, 'response')

  await web.request(admin, 'POST', `${tokensPath}/${token.id}/revoke`)

  await expect(ended).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('machines join by one token, each as an agent of its own; the same folder is the same agent, and revoking may take them along [S-13]', async () => {
  const joining = await makeToken({ name: 'fleet', kind: 'join', days: 1 })
  const join = async (name: string, folder: string, token = joining.token) =>
    (await agentProcess(token, name).call('join', { name, folder })) as {
      readonly status: number
      readonly name?: string
      readonly token?: string
    }
  const [a, b] = ['a'.repeat(32), 'b'.repeat(32)]

  const first = await join('worker', a)
  const second = await join('worker', b)
  const again = await join('worker', a)

  expect([first.name, second.name, again.name]).toEqual(['worker', 'worker-2', 'worker'])
  expect(await agentProcess(first.token!, 'worker').hello()).toMatchObject({ status: 401 })
  expect(await agentProcess(again.token!, 'worker').hello()).toMatchObject({ status: 200 })
  expect(await agentProcess(joining.token, 'worker').hello()).toMatchObject({
    status: 401,
    message: expect.stringMatching(/^fleet is a joining token/),
  })
  expect((await tokens()).filter(({ joinedBy }) => joinedBy === 'fleet').map(({ name }) => name)).toEqual([
    'worker',
    'worker-2',
  ])

  await web.request(admin, 'POST', `${tokensPath}/${joining.id}/revoke`, { joined: true })
  expect(await join('worker', 'c'.repeat(32))).toMatchObject({ status: 401 })
  expect(await agentProcess(second.token!, 'worker').hello()).toMatchObject({ status: 401 })
})

test('a joining token for one machine lets in one of many that come at once, and that one again; no other token lets in any [S-13]', async () => {
  const single = await makeToken({ name: 'single', kind: 'join', uses: 1 })
  const expired = await makeToken({ name: 'expired', kind: 'join', days: 1e-9 })
  const ofAgent = await makeToken({ name: 'no-joining-token' })
  const folders = Array.from({ length: 20 }, (_, at) => `${at}`.padStart(32, 'f'))
  const join = (folder: string, { token } = single) =>
    agentProcess(token, folder).call('join', { name: 'edge', folder })

  const answers = await Promise.all(folders.map((folder) => join(folder)))
  const [won, ...others] = folders
    .map((folder, at) => ({ folder, answer: answers[at]! }))
    .sort((a, b) => a.answer.status - b.answer.status)

  expect(won!.answer).toMatchObject({ status: 200, name: 'edge' })
  for (const { answer } of others)
    expect(answer).toMatchObject({
      status: 401,
      message: expect.stringMatching(/^The joining token single has let in as many machines as it may\. Make one with/),
    })
  expect(await join(won!.folder)).toMatchObject({ status: 200, name: 'edge' })
  expect((await tokens()).find(({ name }) => name === 'single')).toMatchObject({ usesLeft: 0 })
  expect((await tokens()).filter(({ joinedBy }) => joinedBy === 'single').map(({ name }) => name)).toEqual(['edge'])
  expect(await join(folders[0]!, expired)).toMatchObject({
    status: 401,
    message: expect.stringMatching(/^The joining token expired has expired/),
  })
  expect(await join(folders[0]!, ofAgent)).toMatchObject({
    status: 401,
    message: expect.stringMatching(/^This is no joining token/),
  })
})

test('the agent of the server’s own machine is what it was before tokens had names; another token in its folder ends the one before', async () => {
  const { agentTokens, engine: store } = engine.database.store
  const machine = { hostname: '', cpus: 1, memoryMb: 1, executors: ['docker'] }
  const before = await store.saveAgent({ name: 'local', ...machine })

  const ids = [await agentTokens.keepLocal(hashToken('first')), await agentTokens.keepLocal(hashToken('first'))]
  expect(await agentProcess('first', 'here').hello()).toMatchObject({ status: 200 })
  ids.push(await agentTokens.keepLocal(hashToken('second')))

  expect(ids).toEqual([before, before, before])
  expect(await agentProcess('first', 'here').hello()).toMatchObject({ status: 401 })
  expect(await agentProcess('second', 'here').hello()).toMatchObject({ status: 200 })
  expect((await tokens()).filter(({ kind }) => kind === 'local')).toHaveLength(1)
})

test('nobody but administrators makes, sees or revokes tokens; the server’s own is not revoked; wrong wishes are refused', async () => {
  const { user } = await engine.home()
  const token = await web.token(user)
  const { agentTokens } = engine.database.store
  await agentTokens.keepLocal(hashToken('local token'))
  const local = (await tokens()).find(({ kind }) => kind === 'local')!

  expect((await web.request(token, 'GET', tokensPath)).status).toBe(403)
  expect((await web.request(token, 'POST', tokensPath, { name: 'x' })).status).toBe(403)
  expect((await web.request(token, 'POST', `${tokensPath}/${local.id}/revoke`)).status).toBe(403)
  expect((await web.request(admin, 'POST', `${tokensPath}/${local.id}/revoke`)).status).toBe(409)
  for (const [wish, status] of [
    [{ name: 'local' }, 409],
    [{ name: '../x' }, 400],
    [{ name: '' }, 400],
    [{}, 400],
    [{ name: 'x', days: 3 }, 400],
    [{ name: 'x', kind: 'join', days: 0 }, 400],
    [{ name: 'x', kind: 'join', uses: 0 }, 400],
    [{ name: 'x', uses: 1 }, 400],
    [{ name: 'x', kind: 'root' }, 400],
  ] as const)
    expect([wish, (await web.request(admin, 'POST', tokensPath, wish)).status]).toEqual([wish, status])
  for (const wish of [{ name: 'x' }, { name: '///', folder: 'a'.repeat(32) }, { folder: 3, name: 'x' }]) {
    const joining = await makeToken({ name: 'some', kind: 'join' })
    expect((await agentProcess(joining.token, 'x').call('join', wish)).status).toBe(400)
  }
})
