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

/** The server is not there, or not well: the same question may be answered later. */
export class ServerTrouble extends CallError {}

/** @param cure what to do when no server answers */
export function createGraphqlClient(
  url: string,
  token: string | undefined,
  cure = 'Start one with `rondo up`, or name another with --host.',
): GraphqlClient {
  return {
    url,
    async ask<Data>(query: string, variables: Readonly<Record<string, unknown>>) {
      const response = await post(url, token, { query, variables }, cure)
      const answer = await readAnswer(url, response)
      if (answer.errors !== undefined && answer.errors.length > 0) {
        const messages = answer.errors.map(({ message }) => printable(String(message)))
        const signIn = messages.some((message) => message.includes('must log in'))
          ? ' Give a personal API token with --token, or in RONDO_TOKEN.'
          : ''
        throw new CallError(`${new URL(url).host} refuses: ${messages.join('; ')}${signIn}`, 1)
      }
      return answer.data as Data
    },
  }
}

async function post(url: string, token: string | undefined, body: object, cure: string): Promise<Response> {
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
    throw new ServerTrouble(`No server answers at ${url} (${reason}). ${cure}`, 1)
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
  const problem = `${url} answers with ${response.status} and no GraphQL. Is it the address of a server?`
  throw response.status === 429 || response.status >= 500 ? new ServerTrouble(problem, 1) : new CallError(problem, 1)
}

/** Another program's words, without what could move a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '')
}
