import { createHash } from 'node:crypto'
import { AppError, type Principal, type RequestKey } from '@rondo/model'
import type { FastifyRequest } from 'fastify'

const header = 'idempotency-key'

/**
 * What a client marks a request with (`Idempotency-Key`, plain or in quotes), so that sending it again does nothing again (rule
 * AppError `bad-request` for a key that cannot be kept.
 */
export function requestKeyOf(request: FastifyRequest, asker: Principal | undefined): RequestKey | undefined {
  const given = request.headers[header]
  if (given === undefined || request.method === 'GET') return undefined
  const key = String(given).replace(/^"(.*)"$/, '$1')
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new AppError(
      'bad-request',
      'The Idempotency-Key of this request cannot be used. Send 1 to 255 letters, digits or signs without spaces, such as a UUID.',
    )
  const fingerprint = createHash('sha256')
    .update(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? {})}`)
    .digest('base64url')
  return { scope: scopeOf(asker), key, fingerprint }
}

function scopeOf(asker: Principal | undefined): string {
  switch (asker?.kind) {
    case 'user':
      return `user ${asker.user.id}`
    case 'project':
      return `project ${asker.token.projectId}`
    case 'attempt':
      return `attempt ${asker.attemptId}`
    case undefined:
      return 'nobody'
  }
}
