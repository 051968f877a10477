import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { hangUpOf } from './hang-up.ts'

async function serve(handle: (signal: AbortSignal) => Promise<string>) {
  const server = Fastify()
  server.get('/', async (_request, reply) => handle(hangUpOf(reply)))
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, stop: () => server.close() }
}

test('a request whose connection ends before its answer is known to be waited for no longer [S-27]', async () => {
  const seen = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const { url, stop } = await serve((signal) => {
    asked.resolve()
    return new Promise((answer) => {
      signal.addEventListener('abort', () => {
        seen.resolve()
        answer('nobody hears')
      })
    })
  })

  const client = request(url).on('error', () => {})
  client.end()
  await asked.promise
  client.destroy()

  await seen.promise
  await stop()
})

test('one that is answered never was', async () => {
  let signal: AbortSignal | undefined
  const { url, stop } = await serve(async (given) => {
    signal = given
    return 'done'
  })

  expect(await (await fetch(url)).text()).toBe('done')
  await stop()
  expect(signal?.aborted).toBe(false)
})
