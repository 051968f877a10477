import type { Node } from '../tree/node.ts'
import { stringOf } from '../tree/node.ts'

/** `entrypoint` or `command` of an image as an argument list: a list as it is, a text split like a shell splits words. */
export function argumentVector(node: Node | undefined): readonly string[] | undefined {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined
  if (node.kind === 'list')
    return node.items.map((item) => (item.kind === 'scalar' ? (stringOf(item) ?? item.text) : ''))
  return node.kind === 'scalar' ? shellWords(stringOf(node) ?? node.text) : undefined
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
