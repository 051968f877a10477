import { CallError } from '../noun.ts'

/** Asks a server's GraphQL. */
export interface GraphqlClient {
  readonly url: string
  /** The data of the answer. CallError when it cannot be reached, refuses, or answers with errors. */
  ask<Data>(query: string, variables: Readonly<Record<string, unknown>>): Promise<Data>
}

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { readonly message?: unknown }[]
}

const timeoutMs = 60_000

export function createGraphqlClient(url: string, token: string | undefined): GraphqlClient {
  return {
    url,
    async ask<Data>(query: string, variables: Readonly<Record<string, unknown>>) {
      const response = await post(url, token, { query, variables })
      const answer = await readAnswer(url, response)
      if (answer.errors !== undefined && answer.errors.length > 0) {
        const messages = answer.errors.map(({ message }) => printable(String(message)))
        throw new CallError(`${new URL(url).host} refuses: ${messages.join('; ')}`, 1)
      }
      return answer.data as Data
    },
  }
}

async function post(url: string, token: string | undefined, body: object): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: token }),
      },
      body: JSON.stringify(body),
      // A registry that moved is named anew by a person; a token goes nowhere by itself.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
    throw new CallError(
      `No server answers at ${url} (${reason}). Start one with \`rondo up\`, or name another with --host.`,
      1,
    )
  }
}

async function readAnswer(url: string, response: Response): Promise<Answer> {
  const text = await response.text()
  if (response.status === 200) {
    try {
      return JSON.parse(text) as Answer
    } catch {
      // Told below: a page, not an answer.
    }
  }
  throw new CallError(`${url} answers with ${response.status} and no GraphQL. Is it the address of a server?`, 1)
}

/** Another program's words, without what could move a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '')
}
