import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CliEnv, readCliEnv } from '../env.ts'
import { CallError, type Flag, type VerbCall } from '../noun.ts'
import { createGraphqlClient, type GraphqlClient } from './graphql-client.ts'

/** Flags of verbs that speak to a server. */
export const serverFlags: Readonly<Record<'host' | 'token', Flag>> = {
  host: { type: 'string', value: 'URL', help: 'the server to speak to (RONDO_URL; default the one on this machine)' },
  token: { type: 'string', value: 'TOKEN', help: 'your personal API token there (RONDO_TOKEN)' },
}

/** The server a call means: by flags, else by the environment, else the one of this machine's data folder. */
export function addressOf(call: VerbCall, env: CliEnv = readCliEnv()): { url: string; token: string | undefined } {
  const url = call.text('host') ?? env.url
  const token = call.text('token') ?? env.token
  if (url !== undefined) return { url, token }
  return { url: `http://localhost:${env.port}`, token: token ?? localToken(env.dataFolder) }
}

/** Its GraphQL. */
export function serverOf(call: VerbCall, env: CliEnv = readCliEnv()): GraphqlClient {
  const { url, token } = addressOf(call, env)
  return createGraphqlClient(endpointOf(url), token)
}

function localToken(dataFolder: string): string | undefined {
  const file = join(dataFolder, 'admin.json')
  return existsSync(file) ? String(JSON.parse(readFileSync(file, 'utf8')).token) : undefined
}

/** Where GraphQL is served below a server's address; an address that names it already stays. */
export function endpointOf(url: string): string {
  if (!URL.canParse(url)) throw new CallError(`"${url}" is no address. Write it as https://ci.example.com.`)
  const { origin, pathname } = new URL(url)
  return pathname === '/' ? `${origin}/graphql-unstable` : `${origin}${pathname}`
}
