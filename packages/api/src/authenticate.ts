import { AppError, type Principal } from '@rondo/model'
import type { FastifyRequest } from 'fastify'
import { hashToken } from './credentials.ts'
import type { RequestLimits } from './limits/request-limits.ts'
import type { WebPorts } from './ports.ts'

/** A person, or a project whose token was given. */
export type Asker = Extract<Principal, { kind: 'user' | 'project' }>
export type Person = Extract<Principal, { kind: 'user' }>

export const sessionCookie = 'ring-session'
const reads = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Token of a request, in any of the forms clients send it (reference/api, 2.1). */
export function tokenOf(request: FastifyRequest): string | undefined {
  const header = request.headers['circle-token']
  if (typeof header === 'string' && header !== '') return header
  const authorization = request.headers.authorization ?? ''
  const basic = basicOf(authorization)
  if (basic !== undefined) return basic.username || basic.password
  const bare = authorization.replace(/^Bearer\s+/i, '').trim()
  if (bare !== '') return bare
  return queryToken(request.query)
}

/** A shell may have put white space before the name: `? circle-token=…` still means it. */
function queryToken(query: unknown): string | undefined {
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    if (name.replace(/[\s\\+]/g, '') === 'circle-token' && typeof value === 'string') return value.trim()
  }
  return undefined
}

export function basicOf(authorization: string): { username: string; password: string } | undefined {
  const match = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(authorization)
  if (match === null) return undefined
  const text = Buffer.from(match[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0
    ? { username: text, password: '' }
    : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Knows who asks; refuses who asks too much, or cannot say who they are. */
export interface Authenticator {
  /** By a personal token, else by session. Writes by session must carry the session's own CSRF token. */
  person(request: FastifyRequest): Promise<Person>
  /** The same where tokens of projects count too: API v1.1, artifacts and badges (reference/api, 2.1). */
  anyone(request: FastifyRequest): Promise<Asker>
  /** Nobody in particular: only counted. */
  nobody(request: FastifyRequest): void
  /** Tries a token that came in another way. Undefined says that it was wrong, and counts against the address. */
  attempt<Known>(request: FastifyRequest, check: () => Promise<Known | undefined>): Promise<Known | undefined>
  /** The same for the password of a login, which is not even tried after too many wrong ones. */
  attemptPassword<Known>(
    request: FastifyRequest,
    login: string,
    check: () => Promise<Known | undefined>,
  ): Promise<Known | undefined>
}

export function createAuthenticator(
  ports: Pick<WebPorts, 'accounts' | 'projectTokens'>,
  limits: RequestLimits,
): Authenticator {
  async function attempt<Known>(request: FastifyRequest, check: () => Promise<Known | undefined>) {
    const known = await check()
    if (known === undefined) limits.failed(request)
    return known
  }

  function counted<Known extends Asker>(request: FastifyRequest, asker: Known): Known {
    limits.count(request, asker.kind === 'user' ? asker.user.id : asker.token.projectId)
    return asker
  }

  async function person(request: FastifyRequest): Promise<Person> {
    const token = tokenOf(request)
    if (token === undefined) return bySession(ports, request)
    const user = await attempt(request, () => ports.accounts.userByTokenHash(hashToken(token)))
    if (user === undefined) throw new AppError('unauthenticated', 'Invalid token provided.')
    return { kind: 'user', user, via: 'token' }
  }

  async function anyone(request: FastifyRequest): Promise<Asker> {
    const given = tokenOf(request)
    const token = given === undefined ? undefined : await ports.projectTokens.byHash(hashToken(given))
    return token === undefined ? person(request) : { kind: 'project', token }
  }

  return {
    person: async (request) => counted(request, await person(request)),
    anyone: async (request) => counted(request, await anyone(request)),
    nobody: (request) => limits.count(request, request.ip),
    attempt,
    async attemptPassword(request, login, check) {
      limits.checkPasswords(request, login)
      const known = await check()
      if (known === undefined) limits.failedPassword(request, login)
      return known
    },
  }
}

async function bySession(ports: Pick<WebPorts, 'accounts'>, request: FastifyRequest): Promise<Person> {
  const session = request.cookies[sessionCookie]
  const user = session === undefined ? undefined : await ports.accounts.userBySessionHash(hashToken(session))
  if (session === undefined || user === undefined) throw new AppError('unauthenticated', 'You must log in first.')
  if (!reads.has(request.method) && request.headers['x-csrf-token'] !== csrfToken(session))
    throw new AppError('forbidden', 'The request lacks the CSRF token of its session. Reload the page and try again.')
  return { kind: 'user', user, via: 'session' }
}

/** Derived from the session, so that nothing more is stored; useless to a page of another origin, which cannot read it. */
export function csrfToken(session: string): string {
  return hashToken(`csrf:${session}`).toString('base64url')
}
