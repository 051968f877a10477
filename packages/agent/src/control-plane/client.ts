import { AppError, type AppErrorCode } from '@rondo/model'
import { type AttemptRef, agentCalls, agentPathPrefix, type ControlPlane } from '@rondo/protocol'

/** The agent's end of the contract over HTTP; see `http-binding.ts` of the protocol. An unreachable server is AppError `unavailable`. */
export function createControlPlaneClient(serverUrl: string, token: string): ControlPlane {
  async function send(path: string, init: RequestInit): Promise<Response> {
    let response: Response
    try {
      response = await fetch(`${serverUrl}${agentPathPrefix}/${path}`, {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...init.headers },
      })
    } catch (cause) {
      if (init.signal?.aborted) throw cause
      throw new AppError('unavailable', `The server at ${serverUrl} cannot be reached.`, { cause })
    }
    if (response.ok) return response
    const refusal = (await response.json().catch(() => ({}))) as { code?: AppErrorCode; message?: string }
    throw new AppError(refusal.code ?? 'unavailable', refusal.message ?? `The server answered ${response.status}.`)
  }

  async function call<T>(name: keyof typeof agentCalls, argument: unknown, signal?: AbortSignal): Promise<T> {
    const response = await send(agentCalls[name], {
      method: 'POST',
      body: JSON.stringify(argument),
      headers: { 'content-type': 'application/json' },
      ...(signal ? { signal } : {}),
    })
    return (await response.json()) as T
  }

  const query = (ref: AttemptRef, more: Record<string, string> = {}) =>
    new URLSearchParams({ attempt: ref.attemptId, epoch: String(ref.epoch), ...more })

  return {
    hello: (hello) => call('hello', hello),
    claim: async (request, signal) =>
      (await call<{ claims: Awaited<ReturnType<ControlPlane['claim']>> }>('claim', request, signal)).claims,
    grant: (ref) => call('grant', ref),
    resume: (ref) => call('resume', ref),
    heartbeat: (request, signal) => call('heartbeat', request, signal),
    checkIn: (condition) => call('checkIn', condition),
    report: (request) => call('report', request),
    async appendOutput(ref, step, offset, bytes) {
      const path = `${agentCalls.appendOutput}?${query(ref, { step: String(step), offset: String(offset) })}`
      const response = await send(path, {
        method: 'POST',
        body: Buffer.from(bytes),
        headers: { 'content-type': 'application/octet-stream' },
      })
      return (await response.json()) as { size: number }
    },
    async uploadObject(ref, bytes, signal) {
      const body = ReadableStream.from(bytes)
      const response = await send(`${agentCalls.uploadObject}?${query(ref)}`, {
        method: 'POST',
        body,
        duplex: 'half',
        // Without both, fetch keeps a copy of all that was sent, to send it again after a redirect.
        redirect: 'error',
        window: null,
        signal,
        headers: { 'content-type': 'application/octet-stream' },
      } as RequestInit)
      return (await response.json()) as { digest: string; size: number }
    },
    async downloadObject(ref, digest, signal) {
      const response = await send(`${agentCalls.downloadObject}?${query(ref, { digest })}`, { method: 'GET', signal })
      if (response.body === null) throw new AppError('unavailable', `Object ${digest} came without a body.`)
      return received(response.body as unknown as AsyncIterable<Uint8Array>, digest, signal)
    },
    findCache: async (ref, keys) =>
      (await call<{ found: Awaited<ReturnType<ControlPlane['findCache']>> | null }>('findCache', { ...ref, keys }))
        .found ?? undefined,
    hasCache: async (ref, key) => (await call<{ exists: boolean }>('hasCache', { ...ref, key })).exists,
    findWorkspace: async (ref) =>
      (await call<{ layers: Awaited<ReturnType<ControlPlane['findWorkspace']>> }>('findWorkspace', ref)).layers,
    findTimings: async (ref, by) =>
      (await call<{ timings: Awaited<ReturnType<ControlPlane['findTimings']>> }>('findTimings', { ...ref, by }))
        .timings,
  }
}

/** A server that goes away in the middle of a body is as unreachable as one that does not answer: the call is worth repeating. */
async function* received(bytes: AsyncIterable<Uint8Array>, digest: string, signal: AbortSignal) {
  try {
    yield* bytes
  } catch (cause) {
    if (signal.aborted) throw cause
    throw new AppError('unavailable', `The server went away while object ${digest} was on its way.`, { cause })
  }
}
