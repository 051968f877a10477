import { AppError, type Seat } from '@rondo/model'
import { type AttemptRef, agentCalls, type ControlPlane, seatHeader } from '@rondo/protocol'
import { createCaller } from './caller.ts'
import type { ServerTrust } from './server-trust.ts'

const octets = { 'content-type': 'application/octet-stream' }

export interface ClientOptions {
  /**
   * How long a server may say nothing to a question it answers at once, or after the wait that is asked for; default 30 s. On a
   * connection that the network has forgotten no answer ever comes, and leases must be renewed on another before they are lost.
   */
  readonly silenceMs?: number
  /** Which process this is; see `seatOf`. */
  readonly seat?: Seat
  /** By what a server at an `https:` address is known; default as the system does. */
  readonly trust?: ServerTrust | undefined
}

/** Objects may be of gigabytes, and are looked at whole before they are answered. */
const objectSilenceMs = 300_000

/** The agent's end of the contract over HTTP; see `http-binding.ts` of the protocol. An unreachable server is AppError `unavailable`. */
export function createControlPlaneClient(
  serverUrl: string,
  token: string,
  { silenceMs = 30_000, seat, trust }: ClientOptions = {},
): ControlPlane {
  const credentials = {
    authorization: `Bearer ${token}`,
    ...(seat === undefined ? {} : { [seatHeader]: `${seat.folder}/${seat.place}` }),
  }
  const { send, answer } = createCaller(serverUrl, credentials, trust)

  function call<T>(
    name: keyof typeof agentCalls,
    argument: unknown,
    { signal, waitMs = 0 }: { readonly signal?: AbortSignal; readonly waitMs?: number } = {},
  ): Promise<T> {
    return answer(agentCalls[name], {
      body: JSON.stringify(argument),
      headers: { 'content-type': 'application/json' },
      silenceMs: silenceMs + waitMs,
      signal,
    })
  }

  const query = (ref: AttemptRef, more: Record<string, string> = {}) =>
    new URLSearchParams({ attempt: ref.attemptId, epoch: String(ref.epoch), ...more })

  return {
    hello: (hello) => call('hello', hello),
    claim: async (request, signal) =>
      (
        await call<{ claims: Awaited<ReturnType<ControlPlane['claim']>> }>('claim', request, {
          signal,
          waitMs: request.waitMs,
        })
      ).claims,
    grant: (ref) => call('grant', ref),
    resume: (ref) => call('resume', ref),
    heartbeat: (request, signal) => call('heartbeat', request, { signal, waitMs: request.waitMs }),
    checkIn: (condition) => call('checkIn', condition),
    report: (request) => call('report', request),
    appendOutput(ref, step, offset, bytes, at) {
      const when = at === undefined ? {} : { at: String(at) }
      const path = `${agentCalls.appendOutput}?${query(ref, { step: String(step), offset: String(offset), ...when })}`
      return answer(path, { body: bytes, headers: octets, silenceMs })
    },
    uploadObject: (ref, body, signal) =>
      answer(`${agentCalls.uploadObject}?${query(ref)}`, { body, signal, headers: octets, silenceMs: objectSilenceMs }),
    async downloadObject(ref, digest, signal) {
      const response = await send(`${agentCalls.downloadObject}?${query(ref, { digest })}`, {
        method: 'GET',
        signal,
        silenceMs: objectSilenceMs,
      })
      return received(response, digest, signal)
    },
    async reportUsage(ref, usage) {
      await call('reportUsage', { ...refOnly(ref), usage })
    },
    beginHold: (ref) => call('beginHold', refOnly(ref)),
    async endHold(ref) {
      await call('endHold', refOnly(ref))
    },
    holdOrders: async (ref, after, waitMs, signal) =>
      (
        await call<{ orders: Awaited<ReturnType<ControlPlane['holdOrders']>> }>(
          'holdOrders',
          { ...refOnly(ref), after, waitMs },
          { signal, waitMs },
        )
      ).orders,
    findCache: async (ref, keys) =>
      (await call<{ found: Awaited<ReturnType<ControlPlane['findCache']>> | null }>('findCache', { ...ref, keys }))
        .found ?? undefined,
    hasCache: async (ref, key) => (await call<{ exists: boolean }>('hasCache', { ...ref, key })).exists,
    findWorkspace: async (ref) =>
      (await call<{ layers: Awaited<ReturnType<ControlPlane['findWorkspace']>> }>('findWorkspace', ref)).layers,
    otherSlices: (ref) => call('otherSlices', refOnly(ref)),
    admitSsh: (ref, sha256, proven) => call('admitSsh', { ...refOnly(ref), sha256, proven }),
    mintToken: (ref, wanted) => call('mintToken', { ...refOnly(ref), wanted }),
    findTimings: async (ref, by) =>
      (await call<{ timings: Awaited<ReturnType<ControlPlane['findTimings']>> }>('findTimings', { ...ref, by }))
        .timings,
  }
}

/** Of a whole task only what names it travels. */
function refOnly({ attemptId, epoch }: AttemptRef): AttemptRef {
  return { attemptId, epoch }
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
