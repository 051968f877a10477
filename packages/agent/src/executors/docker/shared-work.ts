/** Work of one kind that several ask for at once is done once; it stops when nobody waits for it any more. */
export interface SharedWork {
  run(
    key: string,
    work: (say: (line: string) => void, signal: AbortSignal) => Promise<void>,
    say: (line: string) => void,
    signal: AbortSignal,
  ): Promise<void>
}

export function createSharedWork(): SharedWork {
  const open = new Map<string, { done: Promise<void>; listeners: Set<(line: string) => void>; stop: AbortController }>()

  function begin(key: string, work: Parameters<SharedWork['run']>[1]) {
    const listeners = new Set<(line: string) => void>()
    const stop = new AbortController()
    const tell = (line: string) => {
      for (const listener of listeners) listener(line)
    }
    // Not before whoever asks listens to it.
    const done = Promise.resolve()
      .then(() => work(tell, stop.signal))
      .finally(() => {
        if (open.get(key)?.stop === stop) open.delete(key)
      })
    done.catch(() => {})
    const begun = { done, listeners, stop }
    open.set(key, begun)
    return begun
  }

  return {
    async run(key, work, say, signal) {
      signal.throwIfAborted()
      const known = open.get(key)
      const shared = known ?? begin(key, work)
      const listener = (line: string) => say(line)
      shared.listeners.add(listener)
      if (known !== undefined) say('  another job is pulling it already')
      const aborted = Promise.withResolvers<never>()
      const abort = () => aborted.reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      try {
        await Promise.race([shared.done, aborted.promise])
      } finally {
        signal.removeEventListener('abort', abort)
        shared.listeners.delete(listener)
        if (shared.listeners.size === 0) {
          if (open.get(key) === shared) open.delete(key)
          shared.stop.abort(signal.reason)
        }
      }
    },
  }
}
