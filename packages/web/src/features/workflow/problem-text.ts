/** A mistake or warning of a config, taken apart: what wraps, and what must keep its columns. */
export interface ProblemText {
  /** `file:line:column`; empty when it has no place. */
  readonly place: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly code: string
  /** The line of the config and the carets below it. */
  readonly picture: readonly string[]
  /** How it came about: `in job 'build'`. */
  readonly chain: readonly string[]
  readonly hint: string
}

/** Reads what the compiler wrote; text of any other form is a message as it is. */
export function readProblem(text: string, severity: ProblemText['severity']): ProblemText {
  const [head = '', ...rest] = text.split('\n')
  const match = /^(.*?:\d+:\d+): (?:error|warning): (.*?)(?: \[([a-z0-9-]+)\])?$/.exec(head)
  if (match === null) return { place: '', severity, message: text, code: '', picture: [], chain: [], hint: '' }
  const at = rest.findIndex((line) => /^ *\| +\^+$/.test(line))
  const below = rest.slice(at + 1)
  const hintAt = below.findIndex((line) => line.startsWith('  hint: '))
  const chain = hintAt < 0 ? below : below.slice(0, hintAt)
  return {
    place: match[1] ?? '',
    severity,
    message: [match[2] ?? '', ...rest.slice(0, Math.max(0, at - 1))].join('\n'),
    code: match[3] ?? '',
    picture: at < 1 ? [] : rest.slice(at - 1, at + 1),
    chain: chain.map((line) => line.trim()),
    hint: hintAt < 0 ? '' : below.slice(hintAt).join('\n').replace('  hint: ', ''),
  }
}
