import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lentPieces } from './lent-pieces.ts'

const upload = Buffer.alloc(3_000_000, 'bytes of an upload ')

let server: Server
let receive: (body: IncomingMessage) => Promise<unknown>

beforeEach(async () => {
  server = createServer((body: IncomingMessage, answer: ServerResponse) => {
    receive(body).then(
      (received) => answer.end(JSON.stringify(received)),
      () => answer.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

test('a body comes as it was sent, and a piece of it is no more once the next one is asked for', async () => {
  const kept: Uint8Array[] = []
  receive = async (body) => {
    const copies: Buffer[] = []
    for await (const piece of lentPieces(body)) {
      copies.push(Buffer.from(piece))
      kept.push(piece)
    }
    return Buffer.concat(copies).equals(upload)
  }

  const sending = open()
  sending.end(upload)

  expect(await answerTo(sending)).toBe(true)
  expect(kept.length).toBeGreaterThan(10)
  expect(kept.reduce((held, piece) => held + piece.byteLength, 0)).toBeLessThan(upload.length / 10)
})

test('a body of no bytes has no pieces', async () => {
  receive = async (body) => (await Array.fromAsync(lentPieces(body))).length

  const sending = open()
  sending.end()

  expect(await answerTo(sending)).toBe(0)
})

test('a body that breaks off is an error, for who reads it and for who would begin to', async () => {
  const broken = Promise.withResolvers<IncomingMessage>()
  let failure: unknown
  receive = async (body) => {
    body.on('error', () => {})
    try {
      for await (const _ of lentPieces(body)) sending.destroy()
    } catch (cause) {
      failure = cause
    }
    broken.resolve(body)
  }

  const sending = open().on('error', () => {})
  sending.write(upload.subarray(0, 1_000))

  const body = await broken.promise
  expect(failure).toBeInstanceOf(Error)
  await expect(Array.fromAsync(lentPieces(body))).rejects.toThrow('broke off')
})

test('a body that is closed without a word is no whole one', async () => {
  const body = new PassThrough()
  body.write(upload.subarray(0, 1_000))

  const reading = (async () => {
    for await (const _ of lentPieces(body)) body.destroy()
  })()

  await expect(reading).rejects.toThrow('broke off')
})

test('who wants no more of a body closes it', async () => {
  receive = async (body) => {
    for await (const _ of lentPieces(body)) throw new Error('too large')
  }

  const sending = open()
  sending.write(upload.subarray(0, 1_000))

  await expect(once(sending, 'response')).rejects.toMatchObject({ code: 'ECONNRESET' })
})

function open() {
  return request({ port: (server.address() as AddressInfo).port, method: 'POST' })
}

async function answerTo(sending: ReturnType<typeof open>): Promise<unknown> {
  const [answer] = (await once(sending, 'response')) as [IncomingMessage]
  return JSON.parse(Buffer.concat(await Array.fromAsync(answer)).toString())
}
