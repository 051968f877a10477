import type { Range } from '@tanstack/react-virtual'
import type { Line } from './ansi/screen.ts'

/** Of one line that is not wrapped, pixels. */
export const lineHeight = 19
/** Of the letters of the font, and of what stands beside them in a row. */
const [letterWidth, besideWidth] = [7.5, 80]
/** Rows beyond what is seen that are drawn already, as far as they hold no more text than this. */
const [aheadRows, aheadText] = [30, 16 * 1024]

/** How high a line will be in so wide a place, pixels; what is not ASCII may be wider. */
export function likelyHeight(line: Line, width: number): number {
  const columns = Math.max(20, (width - besideWidth) / letterWidth)
  return Math.max(1, Math.ceil(lengthOf(line) / columns)) * lineHeight
}

/** The rows that are seen, and some around them: of lines that fill the page several times each, none. */
export function rowsToDraw({ startIndex, endIndex, count }: Range, lines: readonly Line[]): number[] {
  const first = startIndex - ahead(startIndex - 1, -1, startIndex, lines)
  const last = endIndex + ahead(endIndex + 1, 1, count - 1 - endIndex, lines)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** How many of so many rows, from one on in one direction. */
function ahead(from: number, step: 1 | -1, most: number, lines: readonly Line[]): number {
  let rows = 0
  for (let text = 0; rows < Math.min(most, aheadRows); rows++) {
    text += lengthOf(lines[from + step * rows] ?? [])
    if (text > aheadText) break
  }
  return rows
}

function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + text.length, 0)
}
