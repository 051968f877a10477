import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import type { ServerTrust } from './server-trust.ts'
import { writeEach } from './write-each.ts'

export interface Exchange {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  /** Bytes as they are, or as they come; then each piece is its source's again when the next one is asked for. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal | undefined
  /** A server that says nothing for so long is away. */
  readonly silenceMs: number
}

/**
 * Sends requests over connections that are kept. Not by `fetch`, which copies what it sends several times, and keeps the
 * collector of garbage busier than the network: a job's output and caches are large.
 */
export function createExchanger(trust?: ServerTrust): (url: URL, exchange: Exchange) => Promise<IncomingMessage> {
  const plain = new Agent({ keepAlive: true, scheduling: 'lifo' })
  const secure = new SecureAgent({ keepAlive: true, scheduling: 'lifo' })

  function open(url: URL, { method, headers, signal, silenceMs }: Exchange): ClientRequest {
    const options: RequestOptions = { method, headers, timeout: silenceMs, ...(signal ? { signal } : {}) }
    return url.protocol === 'https:'
      ? secureRequest(url, { ...options, ...trust?.options(), agent: secure })
      : request(url, { ...options, agent: plain })
  }

  return (url, exchange) =>
    new Promise((resolve, reject) => {
      const { body } = exchange
      const sent = open(url, exchange)
      // Whatever comes after the answer's beginning is told by its body.
      sent.once('response', resolve).on('error', (cause) => {
        trust?.forget()
        reject(cause)
      })
      sent.once('timeout', () => sent.destroy(new Error('the server says nothing')))
      if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) sent.end(body)
      else writeEach(body, sent).catch(reject)
    })
}

/** The whole of an answer, read as JSON. */
export async function json(response: IncomingMessage): Promise<unknown> {
  return JSON.parse(await text(response))
}
