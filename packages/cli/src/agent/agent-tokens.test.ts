import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CliWorld, rondo, startCliWorld } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: CliWorld

beforeAll(async () => {
  world = await startCliWorld()
})

afterAll(() => world.stop())

const agent = (...args: readonly string[]) => world.rondo(world.root, 'agent', ...args)

test('an operator makes a token, alone on the standard output, sees whose tokens there are, and revokes them by name', async () => {
  const made = await agent('token', 'create', 'big-box')
  const joining = await agent('token', 'create', 'fleet', '--join', '--days', '7')
  const listed = await agent('token', 'list')
  const revoked = await agent('token', 'revoke', 'big-box')

  expect(made.out).toMatch(/^rondo_agent_[\w-]{43}\n$/)
  expect(joining.out).toMatch(/^rondo_join_[\w-]{43}\n$/)
  expect(listed.out).toMatch(
    /^fleet {2}for joining {2}made .* by root {2}never used {2}until .*\nbig-box {2}agent {2}made .* by root {2}never used {2}\S+\n$/,
  )
  expect(revoked.out).toMatch(/^revoked {2}big-box {2}agent/)
  expect((await agent('token', 'list')).out).toMatch(/^fleet .*\n$/)
})

/** What `rondo agent list` makes of a server's answer. */
async function listOf(answer: object) {
  const server = createServer((_request, response) => response.end(JSON.stringify(answer)))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const RONDO_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const listed = await rondo(['agent', 'list'], { cwd: world.folder, env: { RONDO_TOKEN: world.root, RONDO_URL } })
  server.close()
  return listed
}

test('where no agent has joined, the list says so and how one is made', async () => {
  const listed = await listOf({ agents: [] })

  expect(listed.out).toBe('No agent has joined. `rondo agent token create NAME` makes a token for one.\n')
})

test('agents of an older server, which knows nothing of faults, are listed without', async () => {
  const listed = await listOf({ agents: [{ id: '1', name: 'old', state: 'ready', status: '0 of 4 tasks' }] })

  expect(listed).toMatchObject({ code: 0, out: 'old  ready  0 of 4 tasks\n', err: '' })
})

test('calls that cannot be are told what there is', async () => {
  expect(await agent('token')).toMatchObject({
    code: 2,
    err: expect.stringContaining('There is no command "rondo agent token"'),
  })
  expect(await agent('token', 'made')).toMatchObject({
    code: 2,
    err: expect.stringContaining('"rondo agent token made"'),
  })
  expect(await agent('token', 'create')).toMatchObject({ code: 2, err: expect.stringContaining('Name the agent') })
  expect(await agent('token', 'revoke', 'none')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no agent token none'),
  })
  expect(await agent('start')).toMatchObject({ code: 1, err: expect.stringContaining('RONDO_SERVER_URL is not set') })
})
