/** The same items, until the signal says stop: then its reason is thrown, even while the source is silent. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  if (signal === undefined) return yield* source
  const iterator = source[Symbol.asyncIterator]()
  // A promise of the abort, raced against each item, would hold every item that has passed for as long as it lives.
  let stop: (reason: unknown) => void = () => {}
  const abort = () => stop(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  let ended = false
  try {
    while (true) {
      signal.throwIfAborted()
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        stop = reject
        iterator.next().then(resolve, reject)
      })
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
