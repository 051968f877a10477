import { didYouMean } from '@rondo/config'

/** What to say to a word that is no command, or none of a command's verbs. */
export function unknownWord(command: string, word: string, known: readonly string[]): string {
  const of = command === '' ? '' : ` ${command}`
  const guess = didYouMean(word, known)
  const what =
    word === '' ? `\`rondo${of}\` needs one of: ${known.join(', ')}.` : `There is no command "rondo${of} ${word}".`
  return [what, guess, `\`rondo help${of}\` tells more.`].filter(Boolean).join(' ')
}
