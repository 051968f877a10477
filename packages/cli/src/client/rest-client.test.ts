import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { readCliEnv } from '../env.ts'
import { restClientOf } from './rest-client.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** Answers everything with this, and notes the tokens it was given. */
async function serve(status: number, body: string, headers: Record<string, string> = {}) {
  const tokens: unknown[] = []
  const server = createServer((request, response) => {
    tokens.push(request.headers['circle-token'])
    response.writeHead(status, headers)
    if (headers['content-length'] === undefined) response.end(body)
    else response.write(body, () => response.destroy())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  stops.push(() => server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = restClientOf({ text: (flag) => ({ host: url, token: 'secret' })[flag] }, readCliEnv({}))
  return { url, tokens, ask: () => client.call('GET', '/api/v2/me') }
}

test.each([
  [200, '<html>', 'is no answer of a Rondo server'],
  [200, 'null', 'is no answer of a Rondo server'],
  [200, '"x"', 'is no answer of a Rondo server'],
  [502, '<html>', 'answered 502'],
  [404, '{"message":"Project not found"}', 'Project not found'],
  [500, '{"message":5}', 'answered 500'],
])('%i with %s is told in words', async (status, body, words) => {
  await expect((await serve(status, body)).ask()).rejects.toThrow(words)
})

test('an answer that breaks off is told in words', async () => {
  await expect((await serve(200, '{"id":', { 'content-length': '100' })).ask()).rejects.toThrow(/does not answer \(/)
})

test('a token follows no redirection', async () => {
  const other = await serve(200, '{}')
  const first = await serve(302, '', { location: `${other.url}/api/v2/me` })

  await expect(first.ask()).rejects.toThrow(/does not answer \(unexpected redirect\)/)
  expect(first.tokens).toEqual(['secret'])
  expect(other.tokens).toEqual([])
})
