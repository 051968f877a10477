import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JobPageView, PipelineView } from '@rondo/protocol'

export interface Client {
  readonly url: string
  readonly admin: { readonly login: string; readonly password: string; readonly token: string }
  call<T>(method: string, path: string, body?: unknown): Promise<T>
  pipeline(id: string): Promise<PipelineView>
  job(id: string): Promise<JobPageView>
  /** Whether the server of this data folder answers: another program on the port does not know its administrator. */
  healthy(): Promise<boolean>
  /** Calls back whenever something changes, at least every second. */
  follow(pipelineId: string, changed: () => void): () => void
}

/** What holds the port may accept and never answer. */
const healthMs = 2_000

/** Speaks to the server of a data folder as its first administrator. */
export function createClient(dataFolder: string, port: number): Client {
  const url = `http://localhost:${port}`
  const readAdmin = () => JSON.parse(readFileSync(join(dataFolder, 'admin.json'), 'utf8')) as Client['admin']

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'circle-token': readAdmin().token, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok)
      throw new Error(`${method} ${path} was answered with ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }

  return {
    url,
    get admin() {
      return readAdmin()
    },
    call,
    pipeline: (id) => call('GET', `/api/private/pipelines/${id}`),
    job: (id) => call('GET', `/api/private/jobs/${id}`),
    healthy: async () =>
      existsSync(join(dataFolder, 'admin.json')) &&
      fetch(`${url}/api/v2/me`, {
        headers: { 'circle-token': readAdmin().token },
        signal: AbortSignal.timeout(healthMs),
      }).then(
        (response) => response.ok,
        () => false,
      ),
    follow(pipelineId, changed) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/live?circle-token=${readAdmin().token}`)
      socket.onopen = () =>
        socket.send(JSON.stringify({ type: 'subscribe', channel: 1, topic: { kind: 'pipeline', id: pipelineId } }))
      socket.onmessage = () => changed()
      socket.onerror = () => {}
      const tick = setInterval(changed, 1_000)
      return () => {
        clearInterval(tick)
        socket.close()
      }
    },
  }
}
