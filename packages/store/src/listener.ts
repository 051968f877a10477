import type { Wakeups } from '@rondo/model'
import pg from 'pg'

export interface Listener extends Wakeups {
  start(signal: AbortSignal): Promise<void>
}

const probeEveryMs = 10_000
const probeLimitMs = 2_000

/**
 * One connection that listens for `rondo` notifications. It is probed every ten seconds and rebuilt when the probe takes
 * longer than two; whoever waits is woken after a rebuild, since something may have been missed (rule D-07).
 */
export function createListener(connectionString: string): Listener {
  const waiting = new Map<string, Set<() => void>>()

  function wake(topic: string): void {
    const woken = waiting.get(topic)
    waiting.delete(topic)
    for (const resume of woken ?? []) resume()
  }

  async function listenOnce(signal: AbortSignal): Promise<void> {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3_000 })
    const broken = Promise.withResolvers<void>()
    client.on('error', () => broken.resolve())
    client.on('end', () => broken.resolve())
    client.on('notification', (message) => wake(message.payload ?? ''))
    signal.addEventListener('abort', () => broken.resolve(), { once: true })
    try {
      await client.connect()
      await client.query('listen rondo')
      for (const topic of [...waiting.keys()]) wake(topic)
      const probe = setInterval(() => {
        const limit = setTimeout(() => broken.resolve(), probeLimitMs)
        client.query('select 1').then(
          () => clearTimeout(limit),
          () => broken.resolve(),
        )
      }, probeEveryMs)
      await broken.promise.finally(() => clearInterval(probe))
    } finally {
      // Not awaited: a half-open connection would never answer the farewell.
      client.end().catch(() => {})
    }
  }

  return {
    async start(signal) {
      while (!signal.aborted) {
        await listenOnce(signal).catch(() => {})
        if (!signal.aborted) await new Promise((resume) => setTimeout(resume, 200))
      }
    },
    wait(topic, timeoutMs, signal) {
      if (signal?.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const set = waiting.get(topic) ?? new Set()
        waiting.set(topic, set)
        const finish = () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', finish)
          set.delete(finish)
          resolve()
        }
        const timer = setTimeout(finish, timeoutMs)
        signal?.addEventListener('abort', finish, { once: true })
        set.add(finish)
      })
    },
  }
}
