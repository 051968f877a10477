import { AppError, type AppErrorCode } from '@rondo/model'
import type { FastifyError, FastifyInstance } from 'fastify'
import type { WebOptions } from '../ports.ts'

export const statusOf: Readonly<Record<AppErrorCode, number>> = {
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  'too-large': 413,
  'rate-limited': 429,
  unavailable: 503,
}

/**
 * The one place where an error becomes an answer, in the form `said` gives it. What nobody foresaw is logged once and says
 * nothing of itself.
 */
export function handleErrors(
  server: FastifyInstance,
  options: Pick<WebOptions, 'onError'>,
  said: (message: string, code?: AppErrorCode) => string | object = (message) => ({ message }),
): void {
  server.setErrorHandler<FastifyError | AppError>((error, request, reply) => {
    if (error instanceof AppError) {
      if (error.code === 'unavailable') reply.header('retry-after', '2')
      return reply.code(statusOf[error.code]).send(said(error.message, error.code))
    }
    const status = error.statusCode ?? 500
    if (status < 500) return reply.code(status).send(said(error.message, 'bad-request'))
    options.onError(error, {
      method: request.method,
      url: request.url.replace(/circle-token=[^&]*/g, 'circle-token=****'),
    })
    return reply.code(500).send(said('Internal server error'))
  })
}
