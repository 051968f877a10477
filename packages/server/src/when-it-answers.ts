import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'

/**
 * Does what takes PostgreSQL, and waits while that cannot be reached: of the built-in one, another process that keeps it may have just
 * ended, and the next one is bringing it back. Everything else that goes wrong is thrown at once.
 */
export async function whenItAnswers<T>(work: () => Promise<T>, withinMs = 60_000): Promise<T> {
  for (const until = performance.now() + withinMs; ; await sleep(200)) {
    try {
      return await work()
    } catch (error) {
      const away = error instanceof AppError && error.code === 'unavailable'
      if (!away || performance.now() > until) throw error
    }
  }
}
