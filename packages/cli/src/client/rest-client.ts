import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CliEnv, readCliEnv } from '../env.ts'
import { CallError, type VerbCall } from '../noun.ts'

/** Speaks to a server's documents and operations; a refusal is a CallError in the server's own words. */
export interface RestClient {
  readonly url: string
  readonly token: string
  call<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T>
}

/** The server a call means: by flags, else by the environment, else the one of this machine's data folder. */
export function restClientOf(call: Pick<VerbCall, 'text'>, env: CliEnv = readCliEnv()): RestClient {
  const given = call.text('host') ?? env.url
  if (given !== undefined && !URL.canParse(given))
    throw new CallError(`"${given}" is no address. Write it as https://ci.example.com.`)
  const url = given === undefined ? `http://localhost:${env.port}` : new URL(given).origin
  const token = call.text('token') ?? env.token ?? (given === undefined ? localToken(env.dataFolder) : undefined)
  if (token === undefined)
    throw new CallError(
      `Who you are is not known to ${url}. Give a personal API token with --token, or in RONDO_TOKEN.`,
    )
  return { url, token, call: (method, path, body) => ask(url, token, method, path, body) }
}

const timeoutMs = 60_000

async function ask<T>(url: string, token: string, method: string, path: string, body: unknown): Promise<T> {
  const { response, text } = await send(url, path, {
    method,
    headers: { 'circle-token': token, ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
    // To wherever a redirection leads, the token would go along.
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const answer = readObject(text)
  if (!response.ok)
    throw new CallError(
      typeof answer?.message === 'string' ? answer.message : `The server at ${url} answered ${response.status}.`,
      1,
    )
  if (answer === undefined) throw notOurs(url)
  return answer as T
}

/** What a server answers is not what ours would. */
export function notOurs(url: string): CallError {
  return new CallError(`What ${url} answers is no answer of a Rondo server. Is it the address of one?`, 1)
}

async function send(url: string, path: string, request: RequestInit): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(`${url}${path}`, request)
    return { response, text: await response.text() }
  } catch (cause) {
    throw new CallError(`The server at ${url} does not answer (${reasonOf(cause)}). Is it running?`, 1)
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.name === 'TimeoutError') return `nothing came within ${timeoutMs / 1000} s`
  const { cause: inner } = cause
  if (!(inner instanceof Error)) return cause.message
  return 'code' in inner ? String(inner.code) : inner.message
}

function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function localToken(dataFolder: string): string | undefined {
  const file = join(dataFolder, 'admin.json')
  return existsSync(file) ? String(JSON.parse(readFileSync(file, 'utf8')).token) : undefined
}
