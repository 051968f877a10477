/** A piece of a text with templates (semantics 5). Positions are offsets in the text. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tag'; readonly inner: string; readonly start: number; readonly end: number }
  | {
      readonly kind: 'open'
      readonly inverted: boolean
      readonly inner: string
      readonly start: number
      readonly end: number
    }
  | { readonly kind: 'close'; readonly inner: string; readonly start: number; readonly end: number }

export type TemplateResult =
  | { readonly ok: true; readonly parts: readonly TemplatePart[] }
  | { readonly ok: false; readonly position: number }

/** Splits a text at its `<< >>` tags. `\<<` stays as it is: the backslash goes at the very end of the compile. */
export function parseTemplate(text: string): TemplateResult {
  const parts: TemplatePart[] = []
  let textStart = 0
  let at = text.indexOf('<<')
  while (at !== -1) {
    if (text[at - 1] === '\\') {
      at = text.indexOf('<<', at + 2)
      continue
    }
    const close = text.indexOf('>>', at + 2)
    if (close === -1) return { ok: false, position: at }
    const tag = tagPart(text.slice(at + 2, close).trim(), at, close + 2)
    const lone = tag.kind === 'tag' ? undefined : standaloneLine(text, at, close + 2)
    const textEnd = lone?.start ?? at
    if (textEnd > textStart) parts.push({ kind: 'text', text: text.slice(textStart, textEnd) })
    parts.push(tag)
    textStart = lone?.end ?? close + 2
    at = text.indexOf('<<', Math.max(textStart, close + 2))
  }
  if (textStart < text.length) parts.push({ kind: 'text', text: text.slice(textStart) })
  return { ok: true, parts }
}

/** The inside of the single tag a text consists of; undefined when there is anything else, blanks included. */
export function wholeTag(parts: readonly TemplatePart[]): string | undefined {
  const only = parts.length === 1 ? parts[0] : undefined
  return only?.kind === 'tag' ? only.inner : undefined
}

function tagPart(inner: string, start: number, end: number): TemplatePart {
  const rest = inner.slice(1).trim()
  if (inner.startsWith('#')) return { kind: 'open', inverted: false, inner: rest, start, end }
  if (inner.startsWith('^')) return { kind: 'open', inverted: true, inner: rest, start, end }
  if (inner.startsWith('/')) return { kind: 'close', inner: rest, start, end }
  return { kind: 'tag', inner, start, end }
}

/** A line that holds only a section tag disappears with its newline. Looks no further than the blanks around the tag. */
function standaloneLine(text: string, start: number, end: number): { start: number; end: number } | undefined {
  let lineStart = start
  while (lineStart > 0 && isBlank(text.charCodeAt(lineStart - 1))) lineStart -= 1
  let lineEnd = end
  while (lineEnd < text.length && isBlank(text.charCodeAt(lineEnd))) lineEnd += 1
  if (lineStart > 0 && text[lineStart - 1] !== '\n') return undefined
  if (lineEnd < text.length && text[lineEnd] !== '\n') return undefined
  const atEnd = lineEnd === text.length
  return atEnd && lineStart === 0 ? undefined : { start: lineStart, end: atEnd ? lineEnd : lineEnd + 1 }
}

/** Blank, tab or carriage return: what may stand beside a tag that is alone on its line. */
function isBlank(char: number): boolean {
  return char === 0x20 || char === 0x09 || char === 0x0d
}
