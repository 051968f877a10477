import type { Document, YAMLError } from 'yaml'
import { Scalar, visit } from 'yaml'
import type { Report } from '../report.ts'
import { yamlHint } from './yaml-hint.ts'

export interface ReadText {
  readonly source: string
  /** Where the document begins in the source. */
  readonly offset: number
  readonly file: string
}

/** Says what is wrong with a text in our words, at the place where the author can mend it. */
export function reportMistakes(
  { source, offset, file }: ReadText,
  report: Report,
  document: Document,
  errors: readonly YAMLError[],
): void {
  // One walk of the tree is affordable, one for each mistake is not.
  let searched = false
  let bracketed = false
  // A tab moves what stands behind it, which makes mistakes of its neighbours.
  const tabs = errors.filter(({ message }) => message.startsWith('Tabs are not allowed'))
  for (const { pos, message } of tabs.length > 0 ? tabs : errors) {
    const [start, end] = [pos[0] + offset, pos[1] + offset]
    const quote = !searched && message.startsWith('Missing closing') ? openQuote(document, pos[0]) : undefined
    searched ||= message.startsWith('Missing closing')
    if (quote !== undefined) {
      const text = 'The text in quotes that begins here never ends'
      report.error('yaml-syntax', { file, start: quote + offset, end: quote + offset + 1 }, text)
      continue
    }
    const isOpen: boolean = leftOpen.test(message)
    // What is said of brackets after the first follows from it.
    if (isOpen && bracketed) continue
    const bracket = isOpen ? openBracket(source, start) : undefined
    bracketed ||= isOpen
    if (bracket !== undefined) {
      const [opening, closing] = source[bracket] === '[' ? ['[', ']'] : ['{', '}']
      report.error(
        'yaml-syntax',
        { file, start: bracket, end: bracket + 1 },
        `The '${opening}' that stands here is never closed`,
        {
          hint: `Write '${closing}' where it is to end`,
        },
      )
      continue
    }
    // What is wrong is what stands there, not the blanks before it.
    const begin = start + (/^ +(?=\S)/.exec(source.slice(start, start + 200))?.[0].length ?? 0)
    const span = { file, start: begin, end: Math.max(end, begin + 1) }
    report.error('yaml-syntax', span, yamlMessage(message), {
      hint: yamlHint(message, source.slice(Math.max(0, begin - 200), begin), restOfLine(source, begin)),
    })
  }
}

const leftOpen = /must be sufficiently indented and end with a|^Expected flow (?:map|sequence) to end/
/** Looking further back costs more than a better place is worth. */
const maxBack = 20_000

/** The bracket that is still open at a place, brackets in quotes aside; undefined when none is found. */
function openBracket(source: string, end: number): number | undefined {
  const from = Math.max(0, end - maxBack)
  const before = source.slice(from, end).replaceAll(/"[^"\n]*"|'[^'\n]*'/g, (quoted) => '.'.repeat(quoted.length))
  let closed = 0
  for (let at = before.length - 1; at >= 0; at -= 1) {
    const char = before[at]
    if (char === ']' || char === '}') closed += 1
    else if (char === '[' || char === '{') {
      if (closed === 0) return from + at
      closed -= 1
    }
  }
  return undefined
}

function restOfLine(source: string, start: number): string {
  return source.slice(start, start + 200).split('\n', 1)[0]!
}

/** Where the text in quotes begins that is still open at `end`. */
function openQuote(document: Document, end: number): number | undefined {
  let found: number | undefined
  visit(document, {
    Scalar(_, node) {
      const quoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE
      const range = node.range
      if (quoted && range != null && range[0] < end && range[1] >= end) found = range[0]
    },
  })
  return found
}

function yamlMessage(message: string): string {
  if (message.startsWith('Maximum call stack')) return 'The text is nested too deeply to be read'
  return message.replace(/\s+at line \d+, column \d+[\s\S]*$/, '')
}
