import type { ConfigDiagnostic } from './diagnostic-code.ts'

const maxLine = 160

/** Line and column, both from 1, of an offset. */
export function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset)
  const line = before.split('\n').length
  return { line, column: offset - (before.lastIndexOf('\n') + 1) + 1 }
}

/**
 * A diagnostic as text: place, message, the line with carets below it, how it came about, and the hint.
 * @param source text of the file the span is in
 */
export function renderDiagnostic(diagnostic: ConfigDiagnostic, source: string): string {
  const { span } = diagnostic
  const { line, column } = lineAndColumn(source, span.start)
  const lines = [`${span.file}:${line}:${column}: ${diagnostic.severity}: ${diagnostic.message} [${diagnostic.code}]`]
  lines.push(...picture(source, span.start, span.end, line))
  for (const frame of diagnostic.chain ?? []) lines.push(`  in ${frame.kind} '${frame.name}'`)
  if (diagnostic.hint !== undefined) lines.push(`  hint: ${diagnostic.hint}`)
  return lines.join('\n')
}

function picture(source: string, start: number, end: number, line: number): readonly string[] {
  const lineStart = source.lastIndexOf('\n', start - 1) + 1
  const lineEnd = source.indexOf('\n', start)
  const whole = source.slice(lineStart, lineEnd === -1 ? source.length : lineEnd)
  const from = Math.max(0, start - lineStart - maxLine + 40)
  const shown = whole.slice(from, from + maxLine).replaceAll('\t', ' ')
  const at = start - lineStart - from
  const before = columns(shown.slice(0, at))
  const width = Math.max(1, columns(shown.slice(at, at + (end - start))))
  const margin = `${line} | `
  return [`${margin}${shown}`, `${' '.repeat(margin.length - 2)}| ${' '.repeat(before)}${'^'.repeat(width)}`]
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** Columns a text takes on a terminal, where Chinese, Japanese, Korean and pictures take two. */
function columns(text: string): number {
  let count = 0
  for (const char of text) count += wide.test(char) ? 2 : /\p{M}|\u200d/u.test(char) ? 0 : 1
  return count
}
