const letter = /^\p{L}$/u
const digit = /^\p{Nd}$/u

/**
 * The order of keys in packed files, as the original command line writes them: where two keys first differ, numbers are
 * compared by their value, and what is no letter comes before letters - behind a digit after them. Compiled output keeps
 * the order, so that it shows there.
 */
export function compareKeys(left: string, right: string): number {
  const a = [...left]
  const b = [...right]
  const at = a.findIndex((char, index) => char !== b[index])
  if (at === -1 || at >= b.length) return a.length - b.length
  const letters = [letter.test(a[at]!), letter.test(b[at]!)] as const
  if (letters[0] !== letters[1]) {
    const lettersFirst = at > 0 && digit.test(a[at - 1]!)
    return letters[0] === lettersFirst ? -1 : 1
  }
  return (letters[0] ? 0 : compareNumbers(a, b, at)) || a[at]!.codePointAt(0)! - b[at]!.codePointAt(0)!
}

/** Compares the numbers that go on at a place; 0 when there are none. */
function compareNumbers(a: readonly string[], b: readonly string[], at: number): number {
  const [left, right] = [digitsFrom(a, at), digitsFrom(b, at)]
  // Leading zeros count for nothing, unless the number has begun before.
  const begun = /[1-9]\d*$/.test(a.slice(0, at).join('')) ? '1' : ''
  return Number(begun + left) - Number(begun + right) || left.length - right.length
}

function digitsFrom(text: readonly string[], from: number): string {
  const end = text.findIndex((char, index) => index >= from && !/^\d$/.test(char))
  return text.slice(from, end === -1 ? text.length : end).join('')
}
