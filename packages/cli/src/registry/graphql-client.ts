import { CallError } from '../noun.ts'
import { listOf, nullable, objectOf, type Shape, text } from './answer-shape.ts'

/** Asks a server's GraphQL. */
export interface GraphqlClient {
  readonly url: string
  /** The data of the answer. CallError when it cannot be reached, refuses, or answers with something else than asked for. */
  ask<Data>(query: string, variables: Readonly<Record<string, unknown>>, data: Shape<Data>): Promise<Data>
}

const timeoutMs = 60_000
/** Far more than any answer we ask for; a server that sends without end is not read without end. */
const maxAnswerBytes = 64 * 1024 * 1024

/** The server is not there, or not well: the same question may be answered later. */
export class ServerTrouble extends CallError {}

/** What a server answers is not what was asked for. */
export function garbled(url: string): CallError {
  return new CallError(
    `${url} answers with something else than what was asked for. Is it the address of a registry of orbs?`,
    1,
  )
}

/** @param cure what to do when no server answers */
export function createGraphqlClient(
  url: string,
  token: string | undefined,
  cure = 'Start one with `rondo up`, or name another with --host.',
): GraphqlClient {
  return {
    url,
    async ask<Data>(query: string, variables: Readonly<Record<string, unknown>>, data: Shape<Data>) {
      const { status, body } = await post(url, token, { query, variables }, cure)
      const answer = status === 200 ? readJson(body) : undefined
      if (!isAnswer(answer)) throw noAnswer(url, status, body)
      if (answer.errors !== undefined && answer.errors !== null && answer.errors.length > 0)
        throw refusal(
          url,
          answer.errors.map(({ message }) => message),
        )
      if (!data(answer.data)) throw garbled(url)
      return answer.data
    },
  }
}

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string }[] | null
}

const errorList = nullable(listOf(objectOf({ message: text })))
const refused = objectOf({ message: text })

function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null || !('data' in value || 'errors' in value)) return false
  return !('errors' in value) || errorList(value.errors)
}

function refusal(url: string, given: readonly string[]): CallError {
  const messages = given.map(printable)
  const signIn = messages.some((message) => message.includes('must log in'))
    ? ' Give a personal API token with --token, or in RONDO_TOKEN.'
    : ''
  return new CallError(`${new URL(url).host} refuses: ${messages.join('; ')}${signIn}`, 1)
}

/** What came is a page, or a refusal that says its reason. */
function noAnswer(url: string, status: number, body: string): CallError {
  const told = readJson(body)
  if (status >= 400 && status < 500 && status !== 429 && refused(told)) return refusal(url, [told.message])
  const problem = `${url} answers with ${status} and no GraphQL. Is it the address of a server?`
  return status === 429 || status >= 500 ? new ServerTrouble(problem, 1) : new CallError(problem, 1)
}

async function post(url: string, token: string | undefined, body: object, cure: string) {
  let begun = false
  try {
    const response = await fetch(url, {
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
    begun = true
    return { status: response.status, body: await readBody(url, response) }
  } catch (cause) {
    if (cause instanceof CallError) throw cause
    const what = begun ? `The answer of ${url} broke off` : `No server answers at ${url}`
    throw new ServerTrouble(`${what} (${reasonOf(cause)}). ${cure}`, 1)
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.name === 'TimeoutError') return `nothing came within ${timeoutMs / 1000} s`
  return cause.cause instanceof Error ? cause.cause.message : cause.message
}

async function readBody(url: string, response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxAnswerBytes)
      throw new CallError(
        `${url} answers with more than ${maxAnswerBytes / 1024 / 1024} MiB, which no registry does.`,
        1,
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** Another program's words, without what could move a terminal's cursor. */
function printable(given: string): string {
  return given.replace(/[^\P{Cc}\n\t]/gu, '')
}
