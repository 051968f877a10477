import type { YAMLError } from 'yaml'

/** What the reader says of the rest of a text that it has lost the thread of tells nothing; the mistake before it does. */
export function withoutFollowers(errors: readonly YAMLError[]): readonly YAMLError[] {
  const follows = /^Unexpected \S+ token in YAML stream|^Unexpected flow-error-end/
  return errors.filter(({ message }, index) => index === 0 || !follows.test(message))
}

/** The first mistake of each line: the others of a line nearly always follow from it. */
export function firstOfLines(source: string, errors: readonly YAMLError[]): readonly YAMLError[] {
  const lines = new Set<number>()
  // A line may be a megabyte long and hold a mistake in every character, so it is searched for its ends once.
  let line = { start: 0, end: -1 }
  return errors.filter(({ pos: [start] }) => {
    const before = Math.max(0, start - 1)
    if (before < line.start || before > line.end) {
      const end = source.indexOf('\n', before + 1)
      line = { start: source.lastIndexOf('\n', before), end: end === -1 ? source.length : end - 1 }
    }
    return lines.size !== lines.add(line.start).size
  })
}
