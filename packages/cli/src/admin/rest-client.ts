import { CallError, type VerbCall } from '../noun.ts'
import { addressOf } from '../registry/server.ts'

/** Asks a server's private API as the user of the token. */
export interface RestClient {
  readonly url: string
  /** The answer's document. CallError with the server's own words when it refuses, or cannot be reached. */
  ask<Answer>(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<Answer>
}

const timeoutMs = 60_000

export function restClientOf(call: VerbCall): RestClient {
  const { url: given, token } = addressOf(call)
  if (!URL.canParse(given)) throw new CallError(`"${given}" is no address. Write it as https://ci.example.com.`)
  const url = new URL(given).origin
  return {
    url,
    async ask<Answer>(method: string, path: string, body?: object) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(token === undefined ? {} : { 'circle-token': token }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      }).catch((cause: unknown) => {
        const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
        throw new CallError(`No server answers at ${url} (${reason}). Start one, or name another with --host.`, 1)
      })
      const answer = (await response.json().catch(() => ({}))) as { readonly message?: unknown }
      if (response.ok) return answer as Answer
      const { message = `it answers with ${response.status}` } = answer
      throw new CallError(`${new URL(url).host} refuses: ${String(message).replace(/[^\P{Cc}\n]/gu, '')}`, 1)
    },
  }
}
