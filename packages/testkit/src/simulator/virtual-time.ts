/**
 * Time of a simulated world, in milliseconds. It moves only when nothing can go on without it: each event is followed by
 * everything that its promises set free, then the next event comes. No real clock takes part, so a run can be repeated.
 */
export class VirtualTime {
  now = 0
  readonly #queue: Timer[] = []
  #order = 0

  /** Calls back at a time from now; the answer takes the call back. */
  after(ms: number, call: () => void): () => void {
    const timer: Timer = { at: this.now + Math.max(0, ms), order: this.#order++, call }
    push(this.#queue, timer)
    return () => {
      timer.call = undefined
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  /** Runs events until `done` says so or the time is over; answers whether it was done. */
  async run(done: () => boolean, until: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          if (done()) resolve(true)
          else if (this.#next(until)) soon(step)
          else resolve(done())
        } catch (error) {
          reject(error)
        }
      }
      // Promises that are free to go on do so before the first event.
      setImmediate(step)
    })
  }

  /** Lets the next event happen; false when none comes before `until`. */
  #next(until: number): boolean {
    for (;;) {
      const timer = pop(this.#queue)
      if (timer === undefined || timer.at > until) {
        if (timer !== undefined) push(this.#queue, timer)
        this.now = Math.max(this.now, until)
        return false
      }
      if (timer.call === undefined) continue
      this.now = Math.max(this.now, timer.at)
      timer.call()
      return true
    }
  }
}

let steps = 0

/**
 * Once every promise that is free to go on has done so. Ticks come after all microtasks, and cost a fraction of a turn of
 * the event loop; now and then there is one all the same, so that whoever waits for this thread is heard.
 */
function soon(step: () => void): void {
  if (++steps % 4_096 === 0) setImmediate(step)
  else queueMicrotask(() => process.nextTick(step))
}

interface Timer {
  readonly at: number
  /** Of two at the same time the older comes first. */
  readonly order: number
  call: (() => void) | undefined
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** A binary heap, smallest first. */
function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(timer, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = timer
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
    if (!before(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return first
}
