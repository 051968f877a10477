/** Wakes whoever waits: each signal that was asked for aborts when the next hint is given. */
export interface Hint {
  next(): AbortSignal
  give(): void
}

export function createHint(): Hint {
  let controller = new AbortController()
  return {
    next: () => controller.signal,
    give() {
      const given = controller
      controller = new AbortController()
      given.abort()
    },
  }
}
