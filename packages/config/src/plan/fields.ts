import type { EnvironmentEntry, OriginFrame, Span } from '@rondo/model'
import type { ConfigDiagnosticCode } from '../diagnostic-code.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Report } from '../report.ts'
import { environmentEntries } from '../resolve/environment.ts'
import type { MapNode, Node } from '../tree/node.ts'
import { displayText, isFailed, typeName } from '../tree/node.ts'
import { environmentValue } from './environment-value.ts'

/** Where a value stands: for messages, and the calls that led there. */
export interface Place {
  readonly report: Report
  /** `the step 'run'`, `job 'build'`: completes "in …". */
  readonly what: string
  readonly chain: readonly OriginFrame[]
}

/** Typed access to the keys of a map. Every reader reports what is wrong and returns undefined for it. */
export interface Fields {
  readonly span: Span
  has(key: string): boolean
  node(key: string): Node | undefined
  /** Strings; numbers and booleans are taken as they are written. */
  text(key: string, need?: 'required'): string | undefined
  flag(key: string): boolean | undefined
  integer(key: string, bounds: { readonly min: number; readonly max?: number }): number | undefined
  texts(key: string, need?: 'required'): readonly string[] | undefined
  choice<Value extends string>(key: string, values: readonly Value[]): Value | undefined
  environment(key: string): readonly EnvironmentEntry[]
  /** Reports keys outside of `known`: as errors, or as warnings where the language lets them pass. */
  only(known: readonly string[], otherwise: 'error' | 'warn'): void
  fail(code: ConfigDiagnosticCode, span: Span, message: string, hint?: string): undefined
}

export function readFields(place: Place, node: MapNode): Fields {
  const { report, what, chain } = place
  const get = (key: string): Node | undefined => node.entries.get(key)?.value
  const present = (key: string): Node | undefined => {
    const value = get(key)
    return value?.kind === 'scalar' && value.value === null ? undefined : value
  }

  function fail(code: ConfigDiagnosticCode, span: Span, message: string, hint?: string): undefined {
    report.error(code, span, message, { chain, hint })
    return undefined
  }

  function mistyped(key: string, value: Node, type: string): undefined {
    return fail('expected-type', value.span, `'${key}' of ${what}: expected type: ${type}, found: ${typeName(value)}`)
  }

  function missing(key: string): undefined {
    if (isFailed(get(key))) return undefined
    return fail('missing-key', node.span, `required key [${key}] not found in ${what}`)
  }

  function asText(key: string, value: Node): string | undefined {
    if (value.kind !== 'scalar') return mistyped(key, value, 'String')
    return displayText(value)
  }

  return {
    span: node.span,
    has: (key) => get(key) !== undefined,
    node: present,
    text(key, need) {
      const value = present(key)
      if (value === undefined) return need === 'required' ? missing(key) : undefined
      return asText(key, value)
    },
    flag(key) {
      const value = present(key)
      if (value === undefined) return undefined
      return value.kind === 'scalar' && typeof value.value === 'boolean' ? value.value : mistyped(key, value, 'Boolean')
    },
    integer(key, { min, max = Number.MAX_SAFE_INTEGER }) {
      const value = present(key)
      if (value === undefined) return undefined
      const number =
        value.kind === 'scalar' && typeof value.value === 'string' && /^\d+$/.test(value.value)
          ? Number(value.value)
          : undefined
      const given = number ?? (value.kind === 'scalar' && typeof value.value === 'number' ? value.value : undefined)
      if (given === undefined || !Number.isInteger(given)) return mistyped(key, value, 'Integer')
      if (given >= min && given <= max) return given
      const bounds = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `between ${min} and ${max}`
      return fail('invalid-value', value.span, `${key} must be ${bounds} in ${what}, found ${given}`)
    },
    texts(key, need) {
      const value = present(key)
      if (value === undefined) return need === 'required' ? missing(key) : undefined
      if (value.kind === 'map') return mistyped(key, value, 'Sequence')
      const items = value.kind === 'list' ? value.items : [value]
      return items.flatMap((item) => asText(key, item) ?? [])
    },
    choice(key, values) {
      const value = present(key)
      if (value === undefined) return undefined
      const text = asText(key, value)
      const found = values.find((candidate) => candidate === text)
      if (found !== undefined || text === undefined) return found
      return fail(
        'invalid-value',
        value.span,
        `'${text}' is not a value of '${key}' in ${what}; values are ${values.join(', ')}`,
        didYouMean(text, values),
      )
    },
    environment(key) {
      return environmentEntries(report, present(key)).map((entry) => ({
        name: entry.key,
        value: environmentValue(place, entry),
      }))
    },
    only(known, otherwise) {
      for (const { key, keySpan } of node.entries.values()) {
        if (known.includes(key)) continue
        const hint = didYouMean(key, known) ?? `Permitted keys: ${known.join(', ')}`
        if (otherwise === 'error')
          report.error('unknown-key', keySpan, `extraneous key [${key}] is not permitted in ${what}`, { chain, hint })
        else
          report.warn('ignored-key', keySpan, `The key '${key}' means nothing in ${what} and is ignored`, {
            chain,
            hint,
          })
      }
    },
    fail,
  }
}
