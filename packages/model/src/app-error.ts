/** Every reason for which a request can be refused. Mapped to HTTP status, GraphQL and exit codes in one place each. */
export type AppErrorCode =
  | 'bad-request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'gone'
  | 'too-large'
  | 'rate-limited'
  | 'unavailable'

export interface AppErrorOptions {
  readonly cause?: unknown
  /** For logs only; never shown to users. */
  readonly data?: Readonly<Record<string, unknown>>
}

/** An expected refusal. `message` is safe for users: what happened, to which thing, what to do. */
export class AppError extends Error {
  readonly code: AppErrorCode
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: AppErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.data = options.data ?? {}
  }
}
