import type { MapEntry } from '../tree/node.ts'
import { typeName } from '../tree/node.ts'
import type { Place } from './place.ts'

const name = /^[A-Za-z_][A-Za-z0-9_]*$/
const imageName = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/**
 * An environment value as the job sees it: booleans as `1` and `0`, numbers as the older product printed them, which
 * may differ from what is written (semantics 1 and 24); a warning says so then.
 */
export function environmentValue(place: Place, entry: MapEntry): string {
  const { value } = entry
  // Services read what they like from their environment: Elasticsearch, `discovery.type`.
  const isForImage = place.what.startsWith('an image')
  if (!(isForImage ? imageName : name).test(entry.key)) {
    const message = `'${entry.key}' is not a name of an environment variable: letters, digits and '_' only, no digit first`
    place.report.warn('name', entry.keySpan, message, { chain: place.chain })
  }
  if (value.kind !== 'scalar') {
    const message = `The value of environment variable '${entry.key}' must be text, a number or a boolean, found ${typeName(value)}`
    place.report.error('expected-type', value.span, message, { chain: place.chain })
    return ''
  }
  if (value.value === null) return ''
  if (typeof value.value === 'boolean') return value.value ? '1' : '0'
  if (typeof value.value === 'string') return value.value
  const text = numberText(value.value)
  if (text !== value.text) {
    const message = `${entry.key}: ${value.text} is a number and reaches the job as ${text}`
    place.report.warn('number-as-text', value.span, message, {
      chain: place.chain,
      hint: `Write it in quotes: "${value.text}"`,
    })
  }
  return text
}

/** Shortest digits; an exponent from 1e+06 up (for integers of seven digits and more) and below 1e-04. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return '0'
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power >= -4 && (power < 6 || (!Number.isInteger(value) && power < 21))) return String(value)
  const digits = String(Math.abs(power)).padStart(2, '0')
  return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`
}
