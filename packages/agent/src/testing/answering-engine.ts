import { createServer } from 'node:http'

/** What is asked (`POST /containers/create?…`), and what is answered, a text as it is; `silent` never answers. */
export type Exchange = readonly [asked: RegExp, status: number | 'silent', body?: unknown]

/** A container engine that answers from a list. */
export interface AnsweringEngine {
  readonly asked: readonly { readonly line: string; readonly body: Record<string, unknown> }[]
  stop(): void
}

export async function startAnsweringEngine(socket: string, exchanges: readonly Exchange[]): Promise<AnsweringEngine> {
  const asked: AnsweringEngine['asked'][number][] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const line = `${request.method} ${decodeURIComponent(request.url ?? '')}`
    asked.push({ line, body: text === '' ? {} : JSON.parse(text) })
    const [, status, body] = exchanges.find(([pattern]) => pattern.test(line)) ?? ['', 404, { message: line }]
    if (status === 'silent') return
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((listening) => server.listen(socket, listening))
  return {
    asked,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
