import type { IncomingMessage } from 'node:http'
import { AppError, type AppErrorCode } from '@rondo/model'
import { agentPathPrefix } from '@rondo/protocol'
import { createExchanger, type Exchange, json } from './exchange.ts'
import type { ServerTrust } from './server-trust.ts'

type Call = Partial<Exchange> & Pick<Exchange, 'silenceMs'>

/** Calls of the agents' port, and what becomes of their refusals. An unreachable server is AppError `unavailable`. */
export interface Caller {
  /** An answer whose body is still on its way. */
  send(path: string, call: Call): Promise<IncomingMessage>
  /** An answer, once it is there to its end. */
  answer<T>(path: string, call: Call): Promise<T>
}

/** `credentials`: headers of every call. `trust`: by what a server at an `https:` address is known; default as the system does. */
export function createCaller(
  serverUrl: string,
  credentials: Readonly<Record<string, string>>,
  trust?: ServerTrust,
): Caller {
  const exchange = createExchanger(trust)

  function unreachable(cause: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    return new AppError('unavailable', `The server at ${serverUrl} cannot be reached: ${reason}`, { cause })
  }

  async function send(path: string, call: Call): Promise<IncomingMessage> {
    let response: IncomingMessage
    try {
      const url = new URL(`${serverUrl}${agentPathPrefix}/${path}`)
      response = await exchange(url, { method: 'POST', ...call, headers: { ...credentials, ...call.headers } })
    } catch (cause) {
      throw unreachable(cause, call.signal)
    }
    const status = response.statusCode ?? 0
    if (status >= 200 && status < 300) return response
    const refusal = (await json(response).catch(() => ({}))) as { code?: AppErrorCode; message?: string }
    throw new AppError(refusal.code ?? 'unavailable', refusal.message ?? `The server answered ${status}.`)
  }

  return {
    send,
    async answer<T>(path: string, call: Call): Promise<T> {
      const response = await send(path, call)
      try {
        return (await json(response)) as T
      } catch (cause) {
        throw unreachable(cause, call.signal)
      }
    },
  }
}
