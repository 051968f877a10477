import type { ScalarValue } from './node.ts'

const nullForms = new Set(['', '~', 'null', 'Null', 'NULL'])
const trueForms = new Set(['yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'])
const falseForms = new Set(['no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'])
const longestWord = 5
const decimal = /^[-+]?(?:0|[1-9][0-9_]*)$/
const hexadecimal = /^[-+]?0x[0-9a-fA-F_]+$/
const binary = /^[-+]?0b[01_]+$/
const float =
  /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+)$/
const infinity = /^([-+]?)\.(?:inf|Inf|INF)$/
const notANumber = /^\.(?:nan|NaN|NAN)$/

/**
 * What a plain scalar means in YAML 1.1, as far as configs use it (semantics 1). `y` and `n` are strings; so are
 * dates, base-60 and octal forms, because people who write them nearly always mean text.
 */
export function plainScalarValue(text: string): ScalarValue {
  // Asked of every plain value of a config, so the cheap question comes first.
  if (text.length <= longestWord) {
    if (nullForms.has(text)) return null
    if (trueForms.has(text)) return true
    if (falseForms.has(text)) return false
  }
  if (!/^[-+.0-9]/.test(text)) return text
  return numberValue(text) ?? text
}

/** Tags after which text counts as if it stood without quotes. */
const typedTags = new Set(['int', 'float', 'bool', 'null'])

/**
 * The value of a text as it is written.
 * @param plain whether it stands without quotes
 * @param tag what stands behind the `!!` before it
 */
export function scalarValue(text: string, plain: boolean, tag?: string): ScalarValue {
  if (tag === 'str') return text
  return plain || (tag !== undefined && typedTags.has(tag)) ? plainScalarValue(text) : text
}

function numberValue(text: string): number | undefined {
  const bare = text.replaceAll('_', '')
  if (decimal.test(text) || float.test(text)) return Number(bare)
  if (hexadecimal.test(text) || binary.test(text)) return signedRadix(bare)
  const infinite = infinity.exec(text)
  if (infinite !== null) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return notANumber.test(text) ? Number.NaN : undefined
}

function signedRadix(text: string): number {
  const negative = text.startsWith('-')
  const magnitude = Number(text.replace(/^[-+]/, ''))
  return negative ? -magnitude : magnitude
}
