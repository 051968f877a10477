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

export function pick<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)]!
}
