import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createGitHosting, openFileKeyRing, openFileObjects, openFileOutput } from '@rondo/adapters'
import { createWebServer } from '@rondo/api'
import { createInlineCompiler, createOrbLookup, createOrbRegistry } from '@rondo/conductor'
import type { User } from '@rondo/model'
import type { TestEngine } from './engine.ts'

/** The web server over a test engine, asked without a network. */
export interface TestWeb {
  /** A token of this user. */
  token(user: User): Promise<string>
  request(
    token: string,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: Record<string, never> }>
  /** Answers over the network too, at the address given back. */
  listen(): Promise<string>
  /** Exactly these headers and this text. */
  send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    headers: Readonly<Record<string, string>>,
    text?: string,
  ): Promise<{ readonly status: number; readonly body: unknown }>
  stop(): Promise<void>
}

export async function startTestWeb(engine: TestEngine): Promise<TestWeb> {
  const { store, folder } = engine.database
  const compiler = createInlineCompiler(createOrbLookup(store.orbs))
  const server = await createWebServer(
    {
      accounts: store.accounts,
      secrets: store.secrets,
      queries: store.queries,
      live: store.live,
      objects: await openFileObjects(join(folder, 'objects')),
      output: await openFileOutput(join(folder, 'output')),
      keyRing: await openFileKeyRing(join(folder, 'key-ring.json')),
      hosting: createGitHosting(join(folder, 'repositories')),
      actions: engine.actions,
      orbs: createOrbRegistry({ store: store.orbs, accounts: store.accounts, compiler }),
      compiler,
      attemptProject: async () => undefined,
    },
    {
      publicUrl: 'http://ci.example.com',
      onError(error) {
        throw error
      },
    },
  )
  return {
    async token(user) {
      const token = `rpt_${randomBytes(32).toString('base64url')}`
      const hash = createHash('sha256').update(token).digest()
      await store.accounts.addToken({ userId: user.id, label: 'test', hash })
      return token
    },
    async request(token, method, url, body) {
      const response = await server.inject({
        method,
        url,
        headers: { 'circle-token': token },
        ...(body === undefined ? {} : { payload: body }),
      })
      return { status: response.statusCode, body: response.json() }
    },
    listen: () => server.listen({ host: '127.0.0.1', port: 0 }),
    async send(method, url, headers, text) {
      const response = await server.inject({ method, url, headers, ...(text === undefined ? {} : { payload: text }) })
      return { status: response.statusCode, body: response.json() }
    },
    stop: () => server.close(),
  }
}
