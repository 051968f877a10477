import type { Span } from '@rondo/model'
import type { Place } from './explain.ts'

/** Turns spans into lines and columns; each source with a place in it is searched for line ends once. */
export function placeFinder(sources: ReadonlyMap<string, string>): (span: Span) => Place {
  const starts = new Map<string, readonly number[]>()
  return ({ file, start }) => {
    const source = sources.get(file)
    if (source === undefined) return { file }
    const lines = starts.get(file) ?? lineStarts(source)
    starts.set(file, lines)
    const line = lineOf(lines, start)
    return { file, line: line + 1, column: start - lines[line]! + 1 }
  }
}

function lineStarts(source: string): readonly number[] {
  const starts = [0]
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Index of the last line that begins at or before an offset. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low
}
