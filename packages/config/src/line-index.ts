/** A position for people: line and column, both from 1. */
export interface LineAndColumn {
  readonly line: number
  readonly column: number
}

/** Lines and columns of many offsets of one text; each costs the logarithm of its lines. */
export function createLineIndex(source: string): (offset: number) => LineAndColumn {
  const starts = [0]
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle
    }
    return { line: low + 1, column: offset - starts[low]! + 1 }
  }
}
