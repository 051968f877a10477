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
  const width = Math.max(1, Math.min(end - start, shown.length - (start - lineStart - from)))
  const margin = `${line} | `
  return [
    `${margin}${shown}`,
    `${' '.repeat(margin.length - 2)}| ${' '.repeat(start - lineStart - from)}${'^'.repeat(width)}`,
  ]
}
