import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { Shape } from './answer-shape.ts'
import { createGraphqlClient } from './graphql-client.ts'
import { persistentClient } from './persistent-client.ts'

const anything: Shape<unknown> = (value): value is unknown => value !== undefined

/** Answers with these, one after the other; 0 hangs up, 1 in the middle of the answer. */
async function serve(...answers: readonly (number | object)[]) {
  let asked = 0
  const server = createServer((request, response) => {
    request.resume()
    const answer = answers[Math.min(asked++, answers.length - 1)]!
    if (answer === 0) response.destroy()
    else if (answer === 1)
      response.writeHead(200, { 'content-length': 100 }).write('{"data":', () => response.destroy())
    else if (typeof answer === 'number') response.writeHead(answer).end('<html>not well</html>')
    else response.writeHead(200).end(JSON.stringify(answer))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql-unstable`
  const client = persistentClient(createGraphqlClient(url, undefined, 'Call again.'), 1)
  return { client, asked: () => asked, stop: () => new Promise((stopped) => server.close(stopped)) }
}

test('a registry that is not well is asked again', async () => {
  const registry = await serve(503, 1, 429, { data: { x: 1 } })

  expect(await registry.client.ask('{ x }', {}, anything)).toEqual({ x: 1 })
  expect(registry.asked()).toBe(4)
  await registry.stop()
})

test('one that hangs up each time is given up, and so is one that does in the middle of an answer', async () => {
  const registry = await serve(0, 1, 1, 1)

  await expect(registry.client.ask('{ x }', {}, anything)).rejects.toThrow(
    /^The answer of .* broke off .* Call again\.$/,
  )
  expect(registry.asked()).toBe(4)
  await registry.stop()
})

test('one that stays away is given up, with what to do', async () => {
  const registry = await serve(0)

  await expect(registry.client.ask('{ x }', {}, anything)).rejects.toThrow(/^No server answers at .* Call again\.$/)
  expect(registry.asked()).toBe(4)
  await registry.stop()
})

test.each([[{ errors: [{ message: 'no such field' }] }], [404]])('%j is an answer', async (answer) => {
  const registry = await serve(answer)

  await expect(registry.client.ask('{ x }', {}, anything)).rejects.toThrow()
  expect(registry.asked()).toBe(1)
  await registry.stop()
})
