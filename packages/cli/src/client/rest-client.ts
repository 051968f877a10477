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

async function ask<T>(url: string, token: string, method: string, path: string, body: unknown): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'circle-token': token, ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
  }).catch((cause) => {
    throw new CallError(
      `The server at ${url} does not answer (${cause.cause?.code ?? cause.message}). Is it running?`,
      1,
    )
  })
  const answer = (await response.json().catch(() => ({}))) as { message?: string }
  if (!response.ok) throw new CallError(answer.message ?? `The server answered ${response.status}.`, 1)
  return answer as T
}

function localToken(dataFolder: string): string | undefined {
  const file = join(dataFolder, 'admin.json')
  return existsSync(file) ? String(JSON.parse(readFileSync(file, 'utf8')).token) : undefined
}
