/** Watches whether this process itself is stopped or starved: then it cannot say how long others took. */
export interface Stillness {
  /** The longest time for which it did nothing, so far. */
  longestMs(): number
  end(): void
}

const everyMs = 100

export function watchStillness(): Stillness {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - everyMs)
    last = now
  }, everyMs)
  return { longestMs: () => longest, end: () => clearInterval(timer) }
}
