import { agentCalls, agentJoinPath, agentPathPrefix } from '@rondo/protocol'
import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAgentAuthenticator } from './agents/authenticate.ts'
import { createJoining } from './agents/join.ts'
import { createAgentServer } from './agents/server.ts'
import { sessionCookie } from './authenticate.ts'
import { hashPassword } from './credentials.ts'

let world: ApiWorld

beforeAll(async () => {
  world = await startApiWorld()
})

afterAll(() => world.stop())

const basic = (password: string) => `Basic ${Buffer.from(`x:${password}`).toString('base64')}`

describe('Git over HTTP', () => {
  const refs = async (authorization: string | undefined, service: string, repository = world.slug.slice(3)) =>
    (
      await world.server.inject({
        method: 'GET',
        url: `/git/${repository}.git/info/refs?service=${service}`,
        ...(authorization === undefined ? {} : { headers: { authorization } }),
      })
    ).statusCode

  beforeAll(() => world.ports.hosting.create({ organization: world.owner.organization.name, name: 'app' }))

  test('shows a repository to its organization, takes pushes from who writes, and hides it from all others [I-068]', async () => {
    const [reader, writer] = [await world.member('reader'), await world.member('writer')]
    const [fetching, pushing] = ['git-upload-pack', 'git-receive-pack']

    expect(await refs(undefined, fetching)).toBe(401)
    expect(await refs(basic('rondo_wrong'), fetching)).toBe(401)
    expect([
      await refs(basic(world.stranger.token), fetching),
      await refs(basic(world.stranger.token), pushing),
    ]).toEqual([404, 404])
    expect([await refs(basic(reader.token), fetching), await refs(basic(reader.token), pushing)]).toEqual([200, 403])
    expect([await refs(basic(writer.token), fetching), await refs(basic(writer.token), pushing)]).toEqual([200, 200])
  })

  test('refuses in plain text, which is all that git shows', async () => {
    const reader = await world.member('reader')
    const answer = await world.server.inject({
      method: 'GET',
      url: `/git/${world.slug.slice(3)}.git/info/refs?service=git-receive-pack`,
      headers: { authorization: basic(reader.token) },
    })

    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(answer.body).toMatch(/^[A-Z][^{}]+\.\n$/)
  })

  test('makes no project for a stranger who pushes to a new name', async () => {
    const name = `${world.owner.organization.name}/planted`

    expect(await refs(basic(world.stranger.token), 'git-receive-pack', name)).toBe(404)
    expect(await world.ports.accounts.projectByName('github', world.owner.organization.name, 'planted')).toBeUndefined()
  })

  test('takes a pack from nobody who may not push [I-068]', async () => {
    const answer = await world.server.inject({
      method: 'POST',
      url: `/git/${world.slug.slice(3)}.git/git-receive-pack`,
      headers: { authorization: basic(world.stranger.token), 'content-type': 'application/x-git-receive-pack-request' },
      payload: '0000',
    })

    expect(answer.statusCode).toBe(404)
  })
})

describe('the live channel', () => {
  async function follow(headers: Record<string, string>, messages: readonly object[]): Promise<readonly unknown[]> {
    const socket = await world.server.injectWS('/live', { headers })
    const heard: unknown[] = []
    const enough = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        heard.push(JSON.parse(data.toString()))
        if (heard.length === messages.length) resolve()
      })
      socket.on('close', (code: number) => {
        heard.push(code)
        resolve()
      })
    })
    for (const message of messages) socket.send(JSON.stringify(message))
    await enough
    socket.terminate()
    return heard
  }

  const topics = () => [
    { type: 'subscribe', channel: 1, topic: { kind: 'project', id: world.owner.project.id } },
    { type: 'subscribe', channel: 2, topic: { kind: 'pipeline', id: world.ids.pipeline } },
    { type: 'subscribe', channel: 3, topic: { kind: 'workflow', id: world.ids.workflow } },
    { type: 'subscribe', channel: 4, topic: { kind: 'job', id: world.job.id } },
  ]

  test('lets everybody follow what is theirs and nothing else [I-068]', async () => {
    const types = async (token: string) =>
      (await follow({ 'circle-token': token }, topics())).map((message) => (message as { type: string }).type)

    expect(await types(world.owner.token)).toEqual(topics().map(() => 'subscribed'))
    expect(await types(world.stranger.token)).toEqual(topics().map(() => 'error'))
  })

  test('gives a step’s output to its organization alone', async () => {
    const heard = await follow({ 'circle-token': world.stranger.token }, [
      { type: 'output', channel: 1, stepId: world.ids.step, offset: 0 },
    ])

    expect(heard).toEqual([expect.objectContaining({ type: 'error' })])
  })

  test('opens for nobody unknown, and for no page of another site [S-36]', async () => {
    const passwordHash = await hashPassword('correct horse')
    await world.ports.accounts.createUser({ login: 'person', name: 'person', passwordHash, admin: false })
    const signedIn = await world.server.inject({
      method: 'POST',
      url: '/api/private/session',
      payload: { login: 'person', password: 'correct horse' },
    })
    const cookie = `${sessionCookie}=${signedIn.cookies[0]?.value}`

    await expect(world.server.injectWS('/live', {})).rejects.toThrow('401')
    for (const origin of ['https://evil.example.com', 'null'])
      expect(await follow({ cookie, origin }, topics())).toEqual([1008])
    expect(await follow({ cookie, origin: world.publicUrl }, [topics()[0]!])).toHaveLength(1)
  })
})

describe('the agents’ port', () => {
  test('answers no call to the tokens of people, projects or nobody [S-12]', async () => {
    const asked: unknown[] = []
    const tokens = { find: async () => undefined, join: async () => undefined }
    const authenticator = createAgentAuthenticator(tokens, { monotonicMs: () => 0 })
    const server = createAgentServer(
      {
        admits: async () => true,
        authenticate: authenticator.agent,
        openCalls: { add: () => () => {} },
        ...createJoining(tokens),
        controlPlane: (agent) => {
          asked.push(agent)
          return {} as never
        },
      },
      { onError: () => {} },
    )
    const statuses: number[] = []
    for (const call of [...Object.values(agentCalls), agentJoinPath])
      for (const token of [world.owner.token, 'rondo_wrong', ''])
        for (const method of ['GET', 'POST'] as const) {
          const url = `${agentPathPrefix}/${call}`
          const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
          const payload = method === 'GET' ? {} : { payload: '{"unfinished":' }
          statuses.push((await server.inject({ method, url, headers, ...payload })).statusCode)
        }
    await server.close()

    expect(statuses.length).toBeGreaterThan(50)
    expect(new Set(statuses)).toEqual(new Set([401]))
    expect(asked).toEqual([])
  })
})
