/** Where the fast reader gave up. Before it there is no mistake. */
export interface Stopped {
  /** Offset behind what was read last. */
  readonly end: number
  /** Beginnings of the map entries it was in, outermost first. */
  readonly entries: readonly EntryStart[]
  /** The latest item in brackets, when some are open. */
  readonly flow?: FlowStart
}

export interface FlowStart {
  readonly start: number
  /** Whether it stands in `[]`; else in `{}`. */
  readonly isList: boolean
}

export interface EntryStart {
  /** Offset of the key. */
  readonly start: number
  readonly column: number
}

export interface Window {
  readonly start: number
  readonly end: number
}

/**
 * The part of a text around the place where a reader gave up that reads by itself as the whole would: it begins with the
 * outermost entry that is not too far away, and ends before a line that does not belong below it or is its next
 * neighbour. Undefined when all entries around begin too far away.
 * @param reach characters on either side, roughly
 */
export function mistakeWindow(source: string, stopped: Stopped, reach: number): Window | undefined {
  const near = (entry: EntryStart) => stopped.end - entry.start < reach && standsAlone(source, entry)
  const candidates = stopped.end < reach ? [{ start: 0, column: 0 }, ...stopped.entries] : stopped.entries
  let shortest: Window | undefined
  for (const entry of candidates.filter(near)) {
    const end = windowEnd(source, stopped.end, entry.column, reach)
    shortest = { start: entry.start - entry.column, end }
    if (end < stopped.end + 2 * reach) return shortest
  }
  return shortest && { ...shortest, end: cutOff(source, stopped.end + reach) }
}

/** The end of a line: a place to cut where there is no good one. */
function cutOff(source: string, from: number): number {
  const newline = source.indexOf('\n', from)
  return newline === -1 ? source.length : newline + 1
}

/** Whether nothing stands before a key on its line; a list's dash would. */
function standsAlone(source: string, { start, column }: EntryStart): boolean {
  return /^ *$/.test(source.slice(start - column, start))
}

function windowEnd(source: string, from: number, column: number, reach: number): number {
  for (let newline = source.indexOf('\n', from); newline !== -1; newline = source.indexOf('\n', newline + 1)) {
    const lineStart = newline + 1
    let content = lineStart
    while (source.charCodeAt(content) === 0x20) content += 1
    const blank = /^(?:[\r\n#]|$)/.test(source.charAt(content))
    const further = content - lineStart - column
    if (!blank && (further < 0 || (further === 0 && lineStart > from + reach))) return lineStart
  }
  return source.length
}
