import { setTimeout as sleep } from 'node:timers/promises'
import type { Wakeups } from '@rondo/model'
import pg from 'pg'

export interface Listener extends Wakeups {
  start(signal: AbortSignal): Promise<void>
}

export interface ListenerOptions {
  /** How often the connection is asked whether it is there; default 10 s. */
  readonly probeEveryMs?: number
  /** How long it may take to answer; default 2 s. */
  readonly probeLimitMs?: number
}

/**
 * One connection that listens for `rondo` notifications. It is probed every ten seconds and rebuilt when the probe takes
 * longer than two; whoever waits is woken after a rebuild, since something may have been missed (rule D-07).
 */
export function createListener(
  connectionString: string,
  { probeEveryMs = 10_000, probeLimitMs = 2_000 }: ListenerOptions = {},
): Listener {
  const waiting = new Map<string, Set<() => void>>()

  function wake(topic: string): void {
    const woken = waiting.get(topic)
    waiting.delete(topic)
    for (const resume of woken ?? []) resume()
  }

  async function listenOnce(signal: AbortSignal): Promise<void> {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3_000 })
    const over = new AbortController()
    const end = () => over.abort()
    client.on('error', end)
    client.on('end', end)
    client.on('notification', (message) => wake(message.payload ?? ''))
    signal.addEventListener('abort', end, { once: true })
    /** Fails with the connection, and when the answer takes too long: a half-open one would never answer. */
    const ask = async (question: string) => {
      over.signal.throwIfAborted()
      const { promise, reject } = Promise.withResolvers<never>()
      const stop = () => reject(over.signal.reason)
      const limit = setTimeout(end, probeLimitMs)
      over.signal.addEventListener('abort', stop, { once: true })
      try {
        await Promise.race([client.query(question), promise])
      } finally {
        // A connection lives for months and is asked every few seconds: nothing may stay behind.
        clearTimeout(limit)
        over.signal.removeEventListener('abort', stop)
      }
    }
    try {
      await client.connect()
      await ask('listen rondo')
      for (const topic of [...waiting.keys()]) wake(topic)
      while (!over.signal.aborted) {
        await sleep(probeEveryMs, undefined, { signal: over.signal })
        await ask('select 1')
      }
    } finally {
      signal.removeEventListener('abort', end)
      // Not awaited: a half-open connection would never answer the farewell.
      client.end().catch(() => {})
    }
  }

  return {
    async start(signal) {
      while (!signal.aborted) {
        await listenOnce(signal).catch(() => {})
        if (!signal.aborted) await sleep(200)
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
