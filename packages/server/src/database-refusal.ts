import { AppError } from '@rondo/model'

/** Why a PostgreSQL of the user's own cannot be used; names it without its password. */
export function databaseRefusal(address: string, cause: unknown): AppError {
  const url = URL.parse(address)
  const name = url === null ? 'of DATABASE_URL' : `at ${url.host}${url.pathname} (DATABASE_URL)`
  const origin = cause instanceof AppError && cause.cause instanceof Error ? cause.cause : cause
  const reason = origin instanceof Error ? origin.message || String((origin as NodeJS.ErrnoException).code) : origin
  return new AppError(
    'unavailable',
    `The PostgreSQL ${name} cannot be used: ${reason}. Start it or correct the address, or unset DATABASE_URL and Rondo runs its own.`,
    { cause },
  )
}
