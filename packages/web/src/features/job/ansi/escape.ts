/** An escape sequence: what it ends with, `''` when it says nothing to us, and where the text goes on. */
export interface Escape {
  readonly final: string
  readonly parameters: string
  readonly end: number
}

const longest = 4_096
/** Operating system command, device control string, application program command, privacy message. */
const strings = new Set([']', 'P', '_', '^'])

/** The sequence at an ESC; undefined while its end is still to come. What is not understood is passed over whole. */
export function readEscape(text: string, at: number): Escape | undefined {
  const kind = text[at + 1]
  if (kind === undefined) return undefined
  if (kind === '[') return readControl(text, at)
  if (strings.has(kind)) return readString(text, at)
  if (kind === '(' || kind === ')') return text.length > at + 2 ? nothing(at + 3) : undefined
  return nothing(at + 2)
}

function readControl(text: string, at: number): Escape | undefined {
  for (let end = at + 2; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code >= 0x40 && code <= 0x7e) return { final: text[end]!, parameters: text.slice(at + 2, end), end: end + 1 }
    if (code < 0x20 || end - at > longest) return nothing(end)
  }
  return undefined
}

function readString(text: string, at: number): Escape | undefined {
  for (let end = at + 2; end < text.length; end++) {
    if (text[end] === '\x07') return nothing(end + 1)
    if (text[end] === '\x1b') {
      if (end + 1 === text.length) return undefined
      return nothing(text[end + 1] === '\\' ? end + 2 : end)
    }
    if (text[end] === '\n' || end - at > longest) return nothing(end)
  }
  return undefined
}

function nothing(end: number): Escape {
  return { final: '', parameters: '', end }
}
