import type { Fields } from './fields.ts'

/** `entrypoint` or `command` of an image as an argument list: a list as it is, a text split like a shell splits words. */
export function argumentVector(fields: Fields, key: 'entrypoint' | 'command'): readonly string[] | undefined {
  if (fields.node(key)?.kind === 'list') return fields.texts(key)
  const text = fields.text(key)
  return text === undefined ? undefined : shellWords(text)
}

/** Splits at blanks outside of quotes; quotes and backslashes work as in a POSIX shell. Nothing is expanded. */
export function shellWords(text: string): readonly string[] {
  const words: string[] = []
  const token = /\s+|'([^']*)'|"((?:\\.|[^"\\])*)"|\\([\s\S])|([^\s'"\\]+)|(['"\\])/g
  let word: string | undefined
  for (const match of text.matchAll(token)) {
    const [whole, single, double, escaped, plain, stray] = match
    if (/^\s/.test(whole)) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? stray ?? '')
  }
  if (word !== undefined) words.push(word)
  return words
}
