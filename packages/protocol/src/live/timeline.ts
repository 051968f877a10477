/** When what stands from an offset on was printed: the offset, and milliseconds since 1970. */
export type OutputTimeEntry = readonly [offset: number, at: number]

/** Answers when a byte of an output was printed. */
export interface Timeline {
  /** In the order in which they were kept; what is told of a place a second time is passed over. */
  add(entries: Iterable<OutputTimeEntry>): void
  /** Undefined before the first of them, and where nothing is known. */
  timeOf(offset: number): number | undefined
  /** Cuts bytes that stand at an offset where the times change; `from` and `to` are positions in them. */
  pieces(offset: number, length: number): Iterable<TimedPiece>
}

export interface TimedPiece {
  readonly from: number
  readonly to: number
  /** Undefined where nothing is known. */
  readonly at: number | undefined
}

export function createTimeline(): Timeline {
  const offsets: number[] = []
  const times: number[] = []

  /** How many begin at an offset or before it. */
  function upTo(offset: number): number {
    let [low, high] = [0, offsets.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (offsets[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    add(entries) {
      for (const [offset, at] of entries) {
        if (offset <= (offsets.at(-1) ?? -1)) continue
        offsets.push(offset)
        times.push(at)
      }
    },
    timeOf: (offset) => times[upTo(offset) - 1],
    *pieces(offset, length) {
      for (let from = 0; from < length; ) {
        const next = upTo(offset + from)
        const to = Math.min(length, (offsets[next] ?? Number.POSITIVE_INFINITY) - offset)
        yield { from, to, at: times[next - 1] }
        from = to
      }
    },
  }
}
