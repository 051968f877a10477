import { AppError, type Seat } from '@rondo/model'
import { type AttemptRef, agentCalls, type ControlPlane, type SealedControlPlane, seatHeader } from '@rondo/protocol'
import { createCaller } from './caller.ts'
import { openAnswers } from './open-answers.ts'
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

  /** Of an attempt only what names it travels: whoever asks may have given the whole task, secrets and all. */
  function about<T>(
    name: keyof typeof agentCalls,
    { attemptId, epoch }: AttemptRef,
    more: object = {},
    waiting: Parameters<typeof call>[2] = {},
  ): Promise<T> {
    return call(name, { ...more, attemptId, epoch }, waiting)
  }

  const query = (ref: AttemptRef, more: Record<string, string> = {}) =>
    new URLSearchParams({ attempt: ref.attemptId, epoch: String(ref.epoch), ...more })

  const sealed: SealedControlPlane = {
    hello: (hello) => call('hello', hello),
    claim: async (request, signal) =>
      (
        await call<{ claims: Awaited<ReturnType<ControlPlane['claim']>> }>('claim', request, {
          signal,
          waitMs: request.waitMs,
        })
      ).claims,
    grant: (ref, key) => about('grant', ref, { key }),
    resume: (ref, key) => about('resume', ref, { key }),
    heartbeat: ({ attempts, ...request }, signal) => {
      const refs = attempts.map(({ attemptId, epoch }) => ({ attemptId, epoch }))
      return call('heartbeat', { ...request, attempts: refs }, { signal, waitMs: request.waitMs })
    },
    checkIn: (condition) => call('checkIn', condition),
    report: ({ from, entries, ...ref }) => about('report', ref, { from, entries }),
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
      await about('reportUsage', ref, { usage })
    },
    beginHold: (ref) => about('beginHold', ref),
    async endHold(ref, why) {
      await about('endHold', ref, { why })
    },
    holdOrders: async (ref, after, waitMs, signal) =>
      (
        await about<{ orders: Awaited<ReturnType<ControlPlane['holdOrders']>> }>(
          'holdOrders',
          ref,
          { after, waitMs },
          { signal, waitMs },
        )
      ).orders,
    findCache: async (ref, keys) =>
      (await about<{ found: Awaited<ReturnType<ControlPlane['findCache']>> | null }>('findCache', ref, { keys }))
        .found ?? undefined,
    hasCache: async (ref, key) => (await about<{ exists: boolean }>('hasCache', ref, { key })).exists,
    findWorkspace: async (ref) =>
      (await about<{ layers: Awaited<ReturnType<ControlPlane['findWorkspace']>> }>('findWorkspace', ref)).layers,
    otherSlices: (ref) => about('otherSlices', ref),
    admitSsh: (ref, sha256, proven) => about('admitSsh', ref, { sha256, proven }),
    mintToken: (ref, wanted, key) => about('mintToken', ref, { wanted, key }),
    findTimings: async (ref, by) =>
      (await about<{ timings: Awaited<ReturnType<ControlPlane['findTimings']>> }>('findTimings', ref, { by })).timings,
  }
  return openAnswers(sealed)
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
