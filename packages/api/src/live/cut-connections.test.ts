import { createHash } from 'node:crypto'
import { type AddressInfo, connect, createServer } from 'node:net'
import { createLive } from '@rondo/protocol'
import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

const config = 'version: 2.1\njobs: {it: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [it]}}'
/** A million took half a minute, and held as well. */
const lines = 400_000
const pieceBytes = 800_000

/** Passes connections on, and breaks each after so many bytes of the server's. */
async function startCuttingProxy(port: number, after: () => number) {
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    let left = after()
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.pipe(upstream)
    upstream.on('data', (bytes) => {
      left -= bytes.length
      client.write(left > 0 ? bytes : bytes.subarray(0, bytes.length / 2))
      if (left > 0) return
      cuts++
      client.destroy()
      upstream.destroy()
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { port: (server.address() as AddressInfo).port, cuts: () => cuts, close: () => server.close() }
}

test('a page whose connection breaks again and again has every line of a growing output once, in order [R-18]', async () => {
  const home = await engine.home()
  const token = await web.token(home.user)
  const pipeline = await engine.push(home.project, config)
  const task = await engine.take(pipeline, 'it')
  const at = new Date().toISOString()
  const step = { step: 0, name: 'count', kind: 'run', command: null, background: false }
  await engine.plane.report({ ...task, from: 1, entries: [{ type: 'step-started', ...step, at }] })
  const [{ id } = { id: '' }] = await engine.database.store.queries.stepsOf((await engine.job(pipeline, 'it')).id)
  const text = Buffer.from(Array.from({ length: lines }, (_, n) => `${String(n).padStart(7, '0')}\n`).join(''))
  const address = new URL(await web.listen())
  let seed = 7
  const proxy = await startCuttingProxy(Number(address.port), () => {
    seed = (seed * 48_271) % 2_147_483_647
    return 50_000 + (seed % 400_000)
  })
  const received: Buffer[] = []
  const live = createLive({
    connect: () => new WebSocket(`ws://127.0.0.1:${proxy.port}/live?circle-token=${token}`),
    delay: () => 1,
  })
  const ended = new Promise<number>((resolve) =>
    live.output(id, 0, { bytes: (_offset, bytes) => void received.push(Buffer.from(bytes)), ended: resolve }),
  )

  for (let offset = 0; offset < text.length; offset += pieceBytes)
    await engine.plane.appendOutput(task, 0, offset, text.subarray(offset, offset + pieceBytes))
  const outputSha256 = createHash('sha256').update(text).digest('hex')
  const end = {
    step: 0,
    result: 'passed',
    exitCode: 0,
    outputBytes: text.length,
    outputSha256,
    truncated: false,
  } as const
  await engine.plane.report({ ...task, from: 2, entries: [{ type: 'step-finished', ...end, at }] })

  expect(await ended).toBe(text.length)
  // Each line has eight bytes; the page of a long output begins somewhere in one.
  const line = await new Promise((resolve) =>
    live.output(id, text.length - 20, { bytes() {}, ended() {}, line: resolve }),
  )
  expect(line).toBe(lines - 2)
  live.close()
  proxy.close()
  expect(proxy.cuts()).toBeGreaterThan(5)
  expect(Buffer.concat(received).equals(text)).toBe(true)
}, 120_000)
