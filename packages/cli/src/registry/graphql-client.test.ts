import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { nullable, objectOf, text } from './answer-shape.ts'
import { createGraphqlClient } from './graphql-client.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** Answers everything with this. */
async function serve(body: string | Iterable<Buffer>, status = 200, headers: Record<string, string> = {}) {
  const server = createServer(async (request, response) => {
    request.resume()
    response.writeHead(status, headers)
    for (const part of typeof body === 'string' ? [Buffer.from(body)] : body) {
      if (response.destroyed) return
      if (!response.write(part)) await new Promise((go) => response.once('drain', go).once('close', go))
    }
    response.end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  stops.push(() => server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql-unstable`
  const shape = objectOf({ orb: nullable(objectOf({ name: text })) })
  return createGraphqlClient(url, undefined).ask('{ orb { name } }', {}, shape)
}

test('what was asked for is answered, also that there is none', async () => {
  expect(await serve('{"data":{"orb":{"name":"a/b","more":1}}}')).toEqual({ orb: { name: 'a/b', more: 1 } })
  expect(await serve('{"data":{"orb":null},"errors":null}')).toEqual({ orb: null })
})

test.each([
  '{"data":null}',
  '{"data":{}}',
  '{"data":{"orb":5}}',
  '{"data":{"orb":{"name":null}}}',
  '{"data":{"orb":[]}}',
  '{"data":"orb","errors":[]}',
])('%s is something else than what was asked for, and told so', async (body) => {
  await expect(serve(body)).rejects.toThrow(
    /answers with something else than what was asked for\. Is it the address of/,
  )
})

test.each(['null', '[]', '"x"', '{}', '<html>', '', '{"errors":"boom"}', '{"errors":[null]}', '{"errors":[{}]}'])(
  '%s is no GraphQL, and told so',
  async (body) => {
    await expect(serve(body)).rejects.toThrow(/answers with 200 and no GraphQL\. Is it the address of a server\?$/)
  },
)

test('a refusal is told in the words of the server, without what moves a cursor', async () => {
  await expect(serve('{"errors":[{"message":"no \\u001b[2Jsuch orb"}]}')).rejects.toThrow(/refuses: no \[2Jsuch orb$/)
  await expect(serve('{"message":"Request body is too large"}', 413)).rejects.toThrow(
    /refuses: Request body is too large$/,
  )
})

test('a redirection is not followed', async () => {
  await expect(serve('', 302, { location: 'http://127.0.0.1:1/' })).rejects.toThrow(/unexpected redirect/)
})

test('an answer without end is not read without end', async () => {
  const endless = Array.from({ length: 70 }, () => Buffer.alloc(1024 * 1024, 'x'))

  await expect(serve(endless)).rejects.toThrow(/answers with more than 64 MiB/)
})
