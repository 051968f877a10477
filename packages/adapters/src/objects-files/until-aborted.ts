/** The same items, until the signal says stop: then its reason is thrown, even while the source is silent. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  if (signal === undefined) return yield* source
  const iterator = source[Symbol.asyncIterator]()
  const aborted = Promise.withResolvers<never>()
  // Nobody may be waiting for it when it comes.
  aborted.promise.catch(() => {})
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  let ended = false
  try {
    signal.throwIfAborted()
    while (true) {
      const next = await Promise.race([iterator.next(), aborted.promise])
      ended = next.done === true
      if (ended) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not awaited: a silent source would never answer.
    if (!ended) iterator.return?.().catch(() => {})
  }
}
