import { createHash, randomBytes } from 'node:crypto'
import { createWebServer } from '@rondo/api'
import type { User } from '@rondo/model'
import type { TestEngine } from './engine.ts'
import { openWebPorts, testPublicUrl } from './web-ports.ts'

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
  const { store } = engine.database
  const server = await createWebServer(await openWebPorts(engine.database, engine.actions), {
    publicUrl: testPublicUrl,
    onError(error) {
      throw error
    },
  })
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
