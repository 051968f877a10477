import type { Paint } from './paint.ts'

/**
 * A rendered diagnostic for a terminal: coloured, and its source line cut to what is wide enough around the carets.
 * @param width columns of the terminal; undefined for pipes, which get every line whole
 */
export function paintProblem(text: string, paint: Paint, width: number | undefined): string {
  const lines = cutPicture(text.split('\n'), width)
  const color = /: warning: /.test(lines[0] ?? '') ? 'yellow' : 'red'
  return lines
    .map((line, index) => {
      if (index === 0) return paintHead(line, paint, color)
      if (/^ *\| +\^+$/.test(line)) return line.replace(/\^+/, (carets) => paint(color, carets))
      if (/^ {2}hint: /.test(line)) return line.replace('hint:', paint('cyan', 'hint:'))
      return line.replace(/^\d+ \|/, (margin) => paint('dim', margin))
    })
    .join('\n')
}

function paintHead(line: string, paint: Paint, color: 'red' | 'yellow'): string {
  return line
    .replace(/^\S+:\d+:\d+(?=: )/, (place) => paint('bold', place))
    .replace(/(?<=: )(?:error|warning)(?=: )/, (severity) => paint(color, severity))
    .replace(/\[[a-z0-9-]+\]$/, (code) => paint('dim', code))
}

const before = 12

/** Cuts the pictured line and its carets alike, where the line is plain text. */
function cutPicture(lines: readonly string[], width: number | undefined): readonly string[] {
  const at = lines.findIndex((line, index) => index > 0 && /^ *\| +\^+$/.test(line))
  const [pictured, carets] = [lines[at - 1], lines[at]]
  if (width === undefined || at < 2 || pictured === undefined || carets === undefined) return lines
  if (pictured.length <= width || !/^[\x20-\x7e]*$/.test(pictured)) return lines
  const margin = carets.indexOf('|') + 2
  const room = Math.max(20, width - margin - 1)
  const first = carets.indexOf('^') - margin
  const from = Math.max(0, first - before)
  const source = pictured.slice(margin)
  const cutLeft = from > 0 ? `…${source.slice(from + 1, from + room)}` : source.slice(0, room)
  const shown = source.length > from + room ? `${cutLeft.slice(0, -1)}…` : cutLeft
  const length = Math.min(carets.length - margin - first, room - (first - from))
  const below = `${carets.slice(0, margin)}${' '.repeat(first - from)}${'^'.repeat(Math.max(1, length))}`
  return [...lines.slice(0, at - 1), pictured.slice(0, margin) + shown, below, ...lines.slice(at + 1)]
}
