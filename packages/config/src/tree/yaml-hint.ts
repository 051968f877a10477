/** What to do about a mistake that the library names in the words of YAML's own grammar. */
const hints: readonly (readonly [message: RegExp, hint: string])[] = [
  [/^Implicit (?:map )?keys need to be/, 'Is a colon missing, or the blank behind it?'],
  [/^All (?:mapping|collection|sequence) items must start at the same column/, 'Indent it like its neighbours'],
  [
    /^Nested mappings are not allowed in compact mappings/,
    'Begin a new line for the map, or put a text with a colon in it in quotes',
  ],
  [/^Tabs are not allowed/, 'Indent with blanks'],
  [
    /^A block sequence may not be used as an implicit map key/,
    'The lines above it are indented differently from this list',
  ],
  [
    /^Plain value cannot start with block scalar indicator/,
    'Between brackets no text goes over several lines in this way: write the map or list without them, a line for each key',
  ],
  [/^Plain value cannot start with/, 'Put the text in quotes'],
  [/^Unexpected flow-(?:map|seq)-start at node end/, 'Put the text in quotes: between brackets, a bracket ends it'],
  [/^Unexpected (?:anchor|alias|tag) at node end/, 'Put the whole text in quotes'],
  [/^Unexpected scalar at node end/, 'Put the whole text in quotes, quotes within it doubled or escaped'],
  [/^Block scalar values in collections must be indented/, 'Indent the text further than its key'],
  [/must be sufficiently indented and end with a [\]}]/, 'Is a closing bracket missing?'],
]

/**
 * Undefined for a message that needs no more words.
 * @param before the source up to the mistake
 * @param line the rest of its line
 */
export function yamlHint(message: string, before: string, line: string): string | undefined {
  if (/^(?:<{7}|={7}|>{7})/.test(line)) return 'Remove the marks of the merge conflict'
  if (/^-[^\s-]/.test(line)) return `A blank follows the dash: '- ${line.slice(1, 60).trim()}'`
  if (/^Implicit/.test(message) && /[|>][-+]?[ \t]*\r?\n[ \t]*$/.test(before))
    return 'Indent the text further than its key'
  return hints.find(([pattern]) => pattern.test(message))?.[1]
}
