import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request and its answer; ids and times are replaced by `<id N>` and `<time>`. */
export interface Exchange {
  readonly command: string
  readonly method: string
  readonly path: string
  /** Headers that say who asks and what is sent. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly status: number
  readonly answer: unknown
}

export interface Recorder {
  readonly url: string
  readonly exchanges: readonly Exchange[]
  /** Of the requests from now on. */
  command: string
  /** The name of an id that was known before anything was asked. */
  name(id: string, name: string): void
  close(): Promise<void>
}

const kept = ['circle-token', 'authorization', 'content-type', 'accept']

/** Stands between a client and a server and writes down what passes. */
export async function startRecorder(target: string): Promise<Recorder> {
  const exchanges: Exchange[] = []
  const ids = new Map<string, string>()
  const name = (id: string, as: string) => void ids.set(id, as)
  const recorder = { url: '', exchanges, command: '', name, close: async () => {} }
  const names = createNames(ids)
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    const headers = Object.fromEntries(
      kept.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, String(request.headers[name])]])),
    )
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers,
      ...(body === '' ? {} : { body }),
    })
    const text = await answer.text()
    exchanges.push({
      command: recorder.command,
      method: request.method ?? 'GET',
      path: String(names(request.url ?? '')),
      headers,
      ...(body === '' ? {} : { body: names(readJson(body)) }),
      status: answer.status,
      // What the installation can do changes from week to week; that it says so is all the client wants.
      answer: request.url?.endsWith('/openapi.json') ? '<any>' : names(readJson(text)),
    })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(text)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  recorder.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  recorder.close = () => new Promise((closed) => server.close(() => closed()))
  return recorder
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The same name for the same id in all exchanges; queries lose their line breaks. */
function createNames(ids: Map<string, string>): (value: unknown) => unknown {
  function nameOf(id: string): string {
    // The fixed ids of a pipeline that is none stay as they are.
    if (id.startsWith('00000000-')) return id
    const name = ids.get(id) ?? `<id ${ids.size + 1}>`
    ids.set(id, name)
    return name
  }
  const text = (value: string) =>
    value
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, nameOf)
      .replace(/^20[2-9][1-9]-\d\d-\d\dT[\d:.]+Z$/, '<time>')
  function walk(value: unknown): unknown {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(walk)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, named(key, inner)]))
  }
  function named(key: string, value: unknown): unknown {
    if (key === 'query' && typeof value === 'string') return value.replace(/\s+/g, ' ').trim()
    // Places in a query whose line breaks are gone.
    return key === 'locations' ? '<any>' : walk(value)
  }
  return walk
}
