import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { AppError, type HoldEnd } from '@rondo/model'
import {
  type AttemptRef,
  agentCalls,
  agentJoinPath,
  agentPathPrefix,
  type SealedControlPlane,
  seatHeader,
  type UsageSeries,
  type WantedToken,
} from '@rondo/protocol'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { handleErrors } from '../http/errors.ts'
import type { AgentPorts, WebOptions } from '../ports.ts'
import { lentPieces } from './lent-pieces.ts'
import type { OpenCalls } from './open-calls.ts'
import { agentBodies } from './shapes.ts'

export interface AgentServerOptions extends Pick<WebOptions, 'onError'> {
  /** Certificate and key (PEM); without them the port speaks plain HTTP. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined
}

const maxOutputChunk = 4 * 1024 * 1024
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const joinUrl = `${agentPathPrefix}/${agentJoinPath}`

/** The agents' port: `SealedControlPlane` over HTTP, see `http-binding.ts` of the protocol. */
export function createAgentServer(ports: AgentPorts, options: AgentServerOptions): FastifyInstance {
  const limits = {
    bodyLimit: 32 * 1024 * 1024,
    keepAliveTimeout: 75_000,
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  } as const
  const { tls } = options
  // What it listens with is no difference to anything below.
  const server =
    tls === undefined ? Fastify(limits) : (Fastify({ ...limits, https: tls }) as unknown as FastifyInstance)
  handleErrors(server, options, (message, code) => ({ code, message }))
  admitOnly(server, ports)
  const planes = new WeakMap<FastifyRequest, SealedControlPlane>()
  const rights = new WeakMap<FastifyRequest, Right>()
  // Before a body is read: whoever has no token makes us parse nothing.
  server.addHook('onRequest', async (request, reply) => {
    if (request.url === joinUrl) return void (await ports.requireJoining(bearerOf(request)))
    const greeting = request.url === `${agentPathPrefix}/${agentCalls.hello}`
    const seat = request.headers[seatHeader]
    const agent = await ports.authenticate(bearerOf(request), typeof seat === 'string' ? seat : undefined, greeting)
    planes.set(request, ports.controlPlane(agent))
    rights.set(request, rightOf(request, reply, ports.openCalls))
  })
  server.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))

  const planeOf = (request: FastifyRequest): SealedControlPlane => planes.get(request)!

  const post = (
    name: keyof typeof agentBodies,
    handle: (plane: SealedControlPlane, body: never, signal: AbortSignal) => Promise<unknown>,
  ) =>
    server.post(
      `${agentPathPrefix}/${agentCalls[name]}`,
      { schema: { body: agentBodies[name] } },
      async (request, reply) => {
        const gone = new AbortController()
        const right = rights.get(request)!
        right.ends = () => gone.abort()
        // After an answer nobody listens any more, and what an abort makes is not cheap.
        reply.raw.once('close', () => reply.raw.writableFinished || gone.abort())
        const answer = await handle(planeOf(request), request.body as never, gone.signal)
        if (right.refusal !== undefined) throw right.refusal
        return reply.send(answer)
      },
    )

  server.post(joinUrl, (request) => ports.join(bearerOf(request), request.body))
  post('hello', (plane, body) => plane.hello(body))
  post('claim', async (plane, body, signal) => ({ claims: await plane.claim(body, signal) }))
  post('grant', (plane, body: AttemptRef & Asking) => plane.grant(body, body.key))
  post('resume', (plane, body: AttemptRef & Asking) => plane.resume(body, body.key))
  post('heartbeat', (plane, body, signal) => plane.heartbeat(body, signal))
  post('checkIn', (plane, body) => plane.checkIn(body))
  post('report', (plane, body) => plane.report(body))
  post('beginHold', (plane, body) => plane.beginHold(body))
  post('endHold', async (plane, body: { why: HoldEnd } & AttemptRef) => {
    await plane.endHold(body, body.why)
    return {}
  })
  post('holdOrders', async (plane, body: { after: number; waitMs: number } & AttemptRef, signal) => ({
    orders: await plane.holdOrders(body, body.after, body.waitMs, signal),
  }))
  post('reportUsage', async (plane, body: { usage: UsageSeries } & AttemptRef) => {
    await plane.reportUsage(body, body.usage)
    return {}
  })
  post('findCache', async (plane, body: { keys: string[] } & AttemptRef) => ({
    found: (await plane.findCache(body, body.keys)) ?? null,
  }))
  post('hasCache', async (plane, body: { key: string } & AttemptRef) => ({
    exists: await plane.hasCache(body, body.key),
  }))
  post('findWorkspace', async (plane, body) => ({ layers: await plane.findWorkspace(body) }))
  post('otherSlices', (plane, body) => plane.otherSlices(body))
  post('admitSsh', (plane, body: { sha256: string; proven?: boolean } & AttemptRef) =>
    plane.admitSsh(body, body.sha256, body.proven !== false),
  )
  post('mintToken', (plane, body: { wanted: unknown } & AttemptRef & Asking) =>
    plane.mintToken(body, wantedToken(body.wanted), body.key),
  )
  post('findTimings', async (plane, body: { by: Parameters<SealedControlPlane['findTimings']>[1] } & AttemptRef) => ({
    timings: await plane.findTimings(body, body.by),
  }))

  server.post(`${agentPathPrefix}/${agentCalls.appendOutput}`, async (request) => {
    const query = request.query as Record<string, string>
    return withWhole(request.body as Readable | undefined, (bytes) =>
      planeOf(request).appendOutput(
        refOf(query),
        wholeOf(query, 'step'),
        wholeOf(query, 'offset'),
        bytes,
        query.at === undefined ? undefined : timeOf(query),
      ),
    )
  })
  server.post(
    `${agentPathPrefix}/${agentCalls.uploadObject}`,
    { bodyLimit: Number.MAX_SAFE_INTEGER },
    async (request) => {
      return planeOf(request).uploadObject(
        refOf(request.query as Record<string, string>),
        lentPieces(request.body as Readable),
        new AbortController().signal,
      )
    },
  )
  server.get(`${agentPathPrefix}/${agentCalls.downloadObject}`, async (request, reply) => {
    const query = request.query as Record<string, string>
    const bytes = await planeOf(request).downloadObject(refOf(query), query.digest ?? '', new AbortController().signal)
    return reply.type('application/octet-stream').send(Readable.from(bytes))
  })
  return server
}

function bearerOf(request: FastifyRequest): string {
  return (request.headers.authorization ?? '').replace(/^Bearer\s+/i, '')
}

/** A question whose answer is sealed for its key. */
interface Asking {
  readonly key: string
}

/** The right of one call, while the call lasts. */
interface Right {
  /** Set when it ended: what the caller is told. */
  refusal: AppError | undefined
  /** What then becomes of the call. */
  ends: () => void
}

/** Bytes on their way are cut off; what waits for news overrides that by an answer in words. */
function rightOf(request: FastifyRequest, reply: FastifyReply, openCalls: OpenCalls): Right {
  const right: Right = { refusal: undefined, ends: () => request.raw.socket.destroy() }
  const strikeOff = openCalls.add(bearerOf(request), (refusal) => {
    right.refusal = refusal
    right.ends()
  })
  reply.raw.once('close', strikeOff)
  return right
}

/** Ends connections of processes that have no business here without a word: they learn nothing, not even that it is Rondo. */
function admitOnly(server: FastifyInstance, ports: Pick<AgentPorts, 'admits'>): void {
  const answers = new WeakMap<Socket, Promise<boolean>>()
  server.addHook('onRequest', async (request, reply) => {
    const answer = answers.get(request.socket) ?? ports.admits(request.socket)
    answers.set(request.socket, answer)
    if (await answer) return
    reply.hijack()
    request.socket.destroy()
  })
}

/** What a job asks for comes from the job: it is taken apart, not passed on. */
function wantedToken(given: unknown): WantedToken {
  const { audience, rootIssuer } = (given ?? {}) as { audience?: unknown; rootIssuer?: unknown }
  const texts: readonly unknown[] = Array.isArray(audience) ? audience : [audience ?? '']
  const fits = texts.length <= 20 && texts.every((text) => typeof text === 'string' && text.length <= 1_000)
  if (!fits) throw new AppError('bad-request', 'An audience is a text, or a list of texts.')
  return {
    rootIssuer: rootIssuer === true,
    ...(audience === undefined ? {} : { audience: audience as string | readonly string[] }),
  }
}

function refOf(query: Record<string, string>): { attemptId: string; epoch: number } {
  const epoch = wholeOf(query, 'epoch')
  if (query.attempt === undefined || !uuid.test(query.attempt))
    throw new AppError('bad-request', 'The call names no attempt: its id is a UUID.')
  return { attemptId: query.attempt, epoch }
}

function wholeOf(query: Record<string, string>, name: string): number {
  const number = Number(query[name] ?? Number.NaN)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new AppError('bad-request', `The call needs ${name}, a whole number.`)
  return number
}

function timeOf(query: Record<string, string>): number {
  const at = wholeOf(query, 'at')
  if (Number.isNaN(new Date(at).getTime())) throw new AppError('bad-request', 'The call’s time at is beyond all times.')
  return at
}

/** Memory for pieces of output that lies idle: new memory for each would keep the collector of garbage busy. */
const idleBlocks: Buffer[] = []
const mostIdleBlocks = 4

/** Gives a body as a whole to `use`, whose bytes are its only until it ends. */
async function withWhole<T>(body: Readable | undefined, use: (bytes: Buffer) => Promise<T>): Promise<T> {
  const first: Buffer[] = []
  let size = 0
  let block: Buffer | undefined
  try {
    for await (const chunk of (body ?? []) as AsyncIterable<Buffer>) {
      if (size + chunk.length > maxOutputChunk)
        throw new AppError('too-large', `A piece of output may have ${maxOutputChunk} bytes.`)
      if (first.length === 0 && size === 0) first.push(chunk)
      else {
        block ??= takeBlock(first)
        chunk.copy(block, size)
      }
      size += chunk.length
    }
    return await use(block?.subarray(0, size) ?? first[0] ?? Buffer.alloc(0))
  } finally {
    if (block !== undefined && idleBlocks.length < mostIdleBlocks) idleBlocks.push(block)
  }
}

function takeBlock(first: readonly Buffer[]): Buffer {
  const block = idleBlocks.pop() ?? Buffer.allocUnsafeSlow(maxOutputChunk)
  first[0]?.copy(block)
  return block
}
