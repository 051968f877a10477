import { lookup as resolveName } from 'node:dns/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { AppError, type RemoteTexts } from '@rondo/model'
import { createAddressGuard } from './addresses.ts'

export interface GuardedHttpsOptions {
  /** Ranges (`10.1.0.0/16`) that may be read from although they are private; default none. */
  readonly allowed?: readonly string[]
  /** Default 10 s for everything together. */
  readonly timeoutMs?: number
  /** Default 3 MB. */
  readonly maxBytes?: number
  /** Certificates to trust instead of the system's. */
  readonly ca?: string
  /** Addresses of a name; default the system's resolver. */
  readonly resolve?: (name: string) => Promise<readonly string[]>
}

/** Reads texts by https from addresses that strangers chose; see the port for what it keeps to. */
export function createGuardedHttps(options: GuardedHttpsOptions = {}): RemoteTexts {
  const mayDial = createAddressGuard(options.allowed ?? [])
  const resolve = options.resolve ?? systemAddresses

  async function addressOf(host: string): Promise<string> {
    const addresses = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host]
    if (addresses.length === 0) throw refusal(`the name ${host} has no address`)
    // All must be fit: a name that mixes public and private addresses is an attempt to be dialled at the other one.
    if (!addresses.every(mayDial)) throw refusal(`${host} is inside a private network`)
    return addresses[0]!
  }

  return {
    async read(text) {
      const url = readUrl(text)
      const address = await addressOf(url.hostname.replace(/^\[|\]$/g, ''))
      const { timeoutMs = 10_000, maxBytes = 3_000_000, ca } = options
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        return await readText(await get(url, address, ca, signal), maxBytes)
      } catch (cause) {
        if (cause instanceof AppError) throw cause
        throw refusal(signal.aborted ? `it took longer than ${timeoutMs / 1000} s` : reasonOf(cause), cause)
      }
    },
  }
}

async function systemAddresses(name: string): Promise<readonly string[]> {
  return (await resolveName(name, { all: true })).map(({ address }) => address)
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:') throw refusal('it is no https address')
  if (url.username !== '' || url.password !== '') throw refusal('it holds a user or a password')
  return url
}

/** Dials the address that was looked at and no other, whatever the name says by then. */
function get(url: URL, address: string, ca: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const family = isIP(address)
  const pinned: LookupFunction = (_name, { all }, done) =>
    all === true ? done(null, [{ address, family }]) : done(null, address, family)
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, lookup: pinned, signal, ...(ca === undefined ? {} : { ca }) }, resolve)
    asked.on('error', reject)
    asked.end()
  })
}

async function readText(answer: IncomingMessage, maxBytes: number): Promise<string> {
  try {
    const { statusCode = 0 } = answer
    if (statusCode >= 300 && statusCode < 400) throw refusal('it leads elsewhere, and redirects are not followed')
    if (statusCode !== 200) throw refusal(`the answer is ${statusCode}`)
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw refusal(`it is larger than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    if (text.includes('\0')) throw refusal('it is no text')
    return text
  } finally {
    answer.destroy()
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof TypeError) return 'it is not text in UTF-8'
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return `the connection failed${code === '' ? '' : ` (${code})`}`
}

function refusal(reason: string, cause?: unknown): AppError {
  return new AppError('bad-request', reason, cause === undefined ? {} : { cause })
}
