import {
  createLive,
  type JobPageView,
  type JobWaitView,
  type Live,
  type PipelineView,
  type RunRequest,
} from '@rondo/protocol'

/** A server that runs things for this command. */
export interface Connection {
  readonly url: string
  readonly token: string
  readonly live: Live
  /** Throws an Error that says what was asked and what was answered. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>
  /** Whether there is such a thing, as far as this token may know. */
  has(path: string): Promise<boolean>
  pipeline(id: string): Promise<PipelineView>
  job(id: string): Promise<JobPageView>
  /** What a job waits for. */
  wait(jobId: string): Promise<JobWaitView>
  start(
    request: RunRequest,
  ): Promise<{ readonly id: string; readonly number: number; readonly errors: readonly { readonly message: string }[] }>
}

export function connect(url: string, token: string): Connection {
  async function ask(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${url}${path}`, {
      method,
      headers: { 'circle-token': token, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new Error(`The server ${url} cannot be reached: ${reasonOf(cause)}`)
    })
  }

  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return read(await ask(method, path, body), method, path)
  }

  async function read<T>(response: Response, method: string, path: string): Promise<T> {
    const answer = (await response.json().catch(() => ({}))) as T & { message?: string }
    if (response.ok) return answer
    throw new Error(answer.message ?? `${method} ${url}${path} was answered with ${response.status}.`)
  }

  return {
    url,
    token,
    live: createLive({
      connect: () => new WebSocket(`${url.replace(/^http/, 'ws')}/live?circle-token=${encodeURIComponent(token)}`),
    }),
    call,
    async has(path) {
      const response = await ask('GET', path)
      if (response.status === 404) return false
      await read(response, 'GET', path)
      return true
    },
    pipeline: (id) => call('GET', `/api/private/pipelines/${id}`),
    job: (id) => call('GET', `/api/private/jobs/${id}`),
    wait: (jobId) => call('GET', `/api/private/jobs/${jobId}/wait`),
    start: (request) => call('POST', '/api/private/runs', request),
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause instanceof Error ? cause.cause.message : cause.message
}
