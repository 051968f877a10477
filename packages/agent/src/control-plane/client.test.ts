import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ControlPlane } from '@rondo/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createControlPlaneClient } from './client.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const megabyte = 1024 * 1024
const ref = { attemptId: 'a', epoch: 1 }

let server: Server
let url: string

beforeEach(async () => {
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

test('an upload of any size takes constant memory', async () => {
  let received = 0
  server.on('request', async (request, response) => {
    for await (const chunk of request) received += chunk.length
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ digest: 'd', size: received }))
  })
  const held: number[] = []
  async function* bytes() {
    for (let count = 0; count < 192; count++) {
      yield Buffer.alloc(megabyte)
      if (count % 16 !== 15) continue
      collectGarbage()
      held.push(process.memoryUsage().arrayBuffers / megabyte)
    }
  }

  const object = await createControlPlaneClient(url, 'token').uploadObject(ref, bytes(), AbortSignal.timeout(60_000))

  expect(object.size).toBe(192 * megabyte)
  expect(Math.max(...held)).toBeLessThan(96)
})

test('pieces of an upload may lie in one memory, one after the other', async () => {
  server.on('request', async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
    const right = Array.from({ length: 40 }, (_, count) =>
      body.indexOf(Buffer.alloc(megabyte, count), count * megabyte),
    )
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ digest: right.join(), size: body.length }))
  })
  async function* bytes() {
    const memory = Buffer.alloc(megabyte)
    for (let count = 0; count < 40; count++) yield memory.fill(count)
  }

  const object = await createControlPlaneClient(url, 'token').uploadObject(ref, bytes(), AbortSignal.timeout(60_000))

  expect(object).toEqual({
    digest: Array.from({ length: 40 }, (_, count) => count * megabyte).join(),
    size: 40 * megabyte,
  })
})

test.each(['before it reads', 'while it reads'])(
  'a server that goes away %s is unreachable, and the source is closed',
  async (when) => {
    server.on('request', async (request) => {
      if (when === 'while it reads') await once(request, 'data')
      request.socket.destroy()
    })
    const closed = Promise.withResolvers<string>()
    async function* bytes() {
      try {
        while (true) yield Buffer.alloc(megabyte)
      } finally {
        closed.resolve('closed')
      }
    }

    const upload = createControlPlaneClient(url, 'token').uploadObject(ref, bytes(), AbortSignal.timeout(60_000))

    await expect(upload).rejects.toMatchObject({ code: 'unavailable' })
    expect(await closed.promise).toBe('closed')
  },
)

test('a source that fails ends an upload', async () => {
  server.on('request', (request) => request.resume())
  async function* bytes() {
    yield Buffer.alloc(megabyte)
    throw new Error('the file is gone')
  }

  const upload = createControlPlaneClient(url, 'token').uploadObject(ref, bytes(), AbortSignal.timeout(60_000))

  await expect(upload).rejects.toThrow('the file is gone')
})

test('a server that goes away in the middle of a download is unreachable, not a failure of the step', async () => {
  server.on('request', (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('half', () => response.destroy())
  })

  const bytes = await createControlPlaneClient(url, 'token').downloadObject(ref, 'digest', AbortSignal.timeout(60_000))

  await expect(Array.fromAsync(bytes)).rejects.toMatchObject({ code: 'unavailable' })
})

test('a question on a connection that the network has forgotten is given up, and asked again on another it is answered', async () => {
  let asked = 0
  server.on('request', (_request, response) => {
    if (++asked === 1) return
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ stop: [] }))
  })
  const plane = createControlPlaneClient(url, 'token', { silenceMs: 100 })
  const beat = () => plane.heartbeat({ agentId: 'a', attempts: [ref], waitMs: 50 }, new AbortController().signal)

  await expect(beat()).rejects.toMatchObject({ code: 'unavailable' })

  expect(await beat()).toEqual({ stop: [] })
})

test('of a task only what names it is told, whatever is asked about it (rule D-19)', async () => {
  const heard: string[] = []
  server.on('request', async (request, response) => {
    heard.push(`${request.url} ${Buffer.concat(await Array.fromAsync(request)).toString()}`)
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
  const plane = createControlPlaneClient(url, 'token')
  const task = { ...ref, environment: [{ name: 'TOKEN', value: 'canary' }], secrets: ['canary'] }
  const signal = AbortSignal.timeout(60_000)
  const usage = { startedAt: '', intervalMs: 1, cpus: 1, memoryMb: 1, cpuMilli: [], memoryKb: [] }
  const calls: Readonly<Record<Exclude<keyof ControlPlane, 'hello' | 'claim' | 'checkIn'>, () => Promise<unknown>>> = {
    grant: () => plane.grant(task),
    resume: () => plane.resume(task),
    heartbeat: () => plane.heartbeat({ agentId: 'a', attempts: [task], waitMs: 0 }, signal),
    report: () => plane.report({ ...task, from: 1, entries: [] }),
    appendOutput: () => plane.appendOutput(task, 0, 0, Buffer.from('out')),
    reportUsage: () => plane.reportUsage(task, usage),
    beginHold: () => plane.beginHold(task),
    holdOrders: () => plane.holdOrders(task, 0, 0, signal),
    endHold: () => plane.endHold(task, 'over'),
    uploadObject: () => plane.uploadObject(task, Readable.from([Buffer.from('bytes')]), signal),
    downloadObject: () => plane.downloadObject(task, 'digest', signal),
    findCache: () => plane.findCache(task, ['deps-']),
    hasCache: () => plane.hasCache(task, 'deps-'),
    findWorkspace: () => plane.findWorkspace(task),
    otherSlices: () => plane.otherSlices(task),
    admitSsh: () => plane.admitSsh(task, 'SHA256:x', true),
    mintToken: () => plane.mintToken(task, { rootIssuer: false }),
    findTimings: () => plane.findTimings(task, 'filename'),
  }

  // Some want another answer than this server's, after they have said everything.
  for (const ask of Object.values(calls)) await ask().catch(() => {})

  expect(heard).toHaveLength(Object.keys(calls).length)
  expect(heard.filter((said) => said.includes('canary'))).toEqual([])
})
