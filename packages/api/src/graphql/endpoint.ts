import { AppError } from '@rondo/model'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import { type Authenticator, sessionCookie, tokenOf } from '../authenticate.ts'
import { hangUpOf } from '../http/hang-up.ts'
import type { RoutePorts } from '../http/route.ts'
import type { WebOptions } from '../ports.ts'
import { type Operation, runOperation } from './run-operation.ts'
import { createSchema } from './schema.ts'
import type { Viewer } from './viewer.ts'

const path = '/graphql-unstable'
const bodyLimit = 1024 * 1024

/**
 * GraphQL for the official command line and the language server (reference/api, section 5). Every answer is 200, with
 * its errors inside: their clients give up on anything else.
 */
export function registerGraphql(
  server: FastifyInstance,
  ports: RoutePorts,
  auth: Authenticator,
  options: Pick<WebOptions, 'onError'>,
): void {
  const schema = createSchema(ports)
  const onError = (error: unknown) => options.onError(error, { method: 'POST', url: path })
  server.post(path, { bodyLimit }, async (request, reply) => {
    try {
      const operation = readOperation(request.body)
      return await runOperation(
        schema,
        operation,
        { asker: await askerOf(auth, request), signal: hangUpOf(reply) },
        onError,
      )
    } catch (error) {
      if (error instanceof AppError) return { errors: [new GraphQLError(error.message)] }
      throw error
    }
  })
}

function readOperation(body: unknown): Operation {
  if (Array.isArray(body)) throw new AppError('bad-request', 'Send one operation a request, not a list of them.')
  const { query, variables, operationName } = (body ?? {}) as Record<string, unknown>
  if (typeof query !== 'string' || query === '')
    throw new AppError('bad-request', 'The request holds no query. Send {"query": "…", "variables": {…}}.')
  const given = variables ?? {}
  if (typeof given !== 'object' || Array.isArray(given))
    throw new AppError('bad-request', 'The variables are not an object. Send {"query": "…", "variables": {…}}.')
  return {
    query,
    variables: given as Record<string, unknown>,
    ...(typeof operationName === 'string' ? { name: operationName } : {}),
  }
}

/** Without a token or with an empty one somebody is nobody in particular; with a wrong one they are told so. */
async function askerOf(auth: Authenticator, request: FastifyRequest): Promise<Viewer['asker']> {
  if (tokenOf(request) === undefined && request.cookies[sessionCookie] === undefined) {
    auth.nobody(request)
    return undefined
  }
  try {
    return await auth.person(request)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error
    throw new AppError('unauthenticated', 'You must log in: the token is not valid.')
  }
}
