/** A small repeatable generator of numbers in [0, 1): the same seed finds the same input again. */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const insertions = [
  ...['<<', '>>', '{', '}', '[', ']', ': ', '- ', ',', ':', '-', '%', '@', '`', '~', '#', ' # c\n', '[]', '{}', ',,'],
  ...['&a ', '&b\n', '*a', '*base', '<<: *a\n', '<<: *base\n', '"', "'", '""', "''", "'' ''", '\\', '\\n'],
  ...['|\n', '>\n', '|2-\n', '|+\n', '\t', '\n', '\n\n', '\0', ' ', '  ', '    ', '\n  ', '\n    ', '\n      '],
  ...['!!str ', '!!int ', '? ', '---\n', '...\n', 'null', '1e999', 'é', '\u2028', 'a: b', '- x\n', 'key:\n'],
  ...['[a: b]', '{a}', '{a: }', '<<# x >>', '\\<<', 'when: ', 'matrix: ', '__proto__: ', '<< parameters.p >>'],
]

/** A text with up to five pieces taken out, put in or doubled. */
export function mutate(source: string, random: () => number): string {
  let text = source
  for (let count = 1 + Math.floor(random() * 5); count > 0; count -= 1) {
    const from = Math.floor(random() * text.length)
    const to = from + Math.floor(random() * 40)
    const kind = random()
    if (kind < 0.35) text = text.slice(0, from) + text.slice(to)
    else if (kind < 0.8) text = text.slice(0, from) + pick(insertions, random) + text.slice(from)
    else text = text.slice(0, to) + text.slice(from)
  }
  return text
}

const values = [
  ...['x', 'true', '0', '1e999', 'null', '""', '[]', '{}', '[a, b]', '{a: b}', '{name: x}', 'build', 'on_fail', '2.1'],
  ...[
    '<< parameters.p >>',
    '<< pipeline.number >>',
    '<< matrix.v >>',
    '<<',
    '"\\\\<<"',
    'a/b',
    'ns/orb@1',
    '/.*/',
    '/(/',
  ],
  ...['pipeline.number > 1', 'not', '{equal: [a, a]}', '{and: []}', '[checkout]', '[{run: x}]', '99999999999999999999'],
]
const keys = [
  ...['run', 'steps', 'when', 'unless', 'matrix', 'parameters', 'requires', 'filters', 'branches', 'only', 'ignore'],
  ...[
    'executor',
    'docker',
    'image',
    'environment',
    'context',
    'type',
    'default',
    'enum',
    'condition',
    'exclude',
    'alias',
  ],
  ...[
    'pre-steps',
    'name',
    'jobs',
    'orbs',
    'commands',
    'serial-group',
    'override-with',
    '<<',
    'triggers',
    'parallelism',
  ],
]

/** A text with up to five lines changed so that most stay YAML: what comes after reading gets its share. */
export function mutateLines(source: string, others: readonly string[], random: () => number): string {
  const lines = source.split('\n')
  for (let count = 1 + Math.floor(random() * 5); count > 0; count -= 1) {
    const at = Math.floor(random() * lines.length)
    const line = lines[at] ?? ''
    const kind = random()
    if (kind < 0.15) lines.splice(at, 1)
    else if (kind < 0.3) lines.splice(at, 0, pick(lines, random))
    else if (kind < 0.4) lines.splice(at, 0, pick(pick(others, random).split('\n'), random))
    else if (kind < 0.7) lines[at] = line.replace(/(:|-) +[^:]*$/, `$1 ${pick(values, random).replaceAll('$', '$$$$')}`)
    else if (kind < 0.9) lines[at] = line.replace(/[\w-]+(?=:)/, pick(keys, random))
    else lines[at] = random() < 0.5 ? `  ${line}` : line.replace(/^ {2}/, '')
  }
  return lines.join('\n')
}

export function pick<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)]!
}
