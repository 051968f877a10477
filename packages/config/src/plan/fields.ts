import type { EnvironmentEntry, Span } from '@rondo/model'
import type { ConfigDiagnosticCode } from '../diagnostic-code.ts'
import { didYouMean, nearest, slipFor } from '../did-you-mean.ts'
import { environmentEntries } from '../resolve/environment.ts'
import type { MapNode, Node } from '../tree/node.ts'
import { displayText, isFailed, isInteger, stringOf } from '../tree/node.ts'
import { environmentValue } from './environment-value.ts'
import type { ExpectedType } from './expected-type.ts'
import { reportType } from './expected-type.ts'
import { keyCure } from './key-cures.ts'
import type { Place } from './place.ts'

/** Typed access to the keys of a map. Every reader reports what is wrong and returns undefined for it. */
export class Fields {
  private readonly place: Place
  private readonly map: MapNode
  /** The keys that may stand here, when others are refused. */
  private known: readonly string[] | undefined

  /** Where a key that is missing is shown. */
  private readonly owner: Span

  constructor(place: Place, map: MapNode, owner: Span = map.span) {
    this.place = place
    this.map = map
    this.owner = owner
  }

  /** Where the map as a whole is shown. */
  get span(): Span {
    return this.owner
  }

  has(key: string): boolean {
    return this.map.entries.has(key)
  }

  /** The value of a key; undefined when it is missing or null. */
  node(key: string): Node | undefined {
    const value = this.map.entries.get(key)?.value
    return value?.kind === 'scalar' && value.value === null ? undefined : value
  }

  /** Whether a value stands here that is not known: it was refused before, or is left open. */
  isOpen(key: string): boolean {
    return isFailed(this.map.entries.get(key)?.value)
  }

  /** A text; a number or a boolean without quotes is none. */
  text(key: string, need?: 'required'): string | undefined {
    const value = this.node(key)
    if (value === undefined) return need === 'required' ? this.missing(key) : undefined
    return this.asText(key, value)
  }

  /** A text, or a number as it is written, where the language takes either. */
  textOrNumber(key: string, need?: 'required'): string | undefined {
    const value = this.node(key)
    if (value?.kind === 'scalar' && typeof value.value === 'number') return displayText(value)
    return this.text(key, need)
  }

  flag(key: string): boolean | undefined {
    const value = this.node(key)
    if (value === undefined) return undefined
    if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value
    return this.mistyped(key, value, 'Boolean')
  }

  integer(key: string, bounds: { readonly min: number; readonly max?: number }): number | undefined {
    const value = this.node(key)
    if (value === undefined) return undefined
    const { min, max = Number.MAX_SAFE_INTEGER } = bounds
    if (!isInteger(value)) return this.mistyped(key, value, 'Integer')
    const given = value.value
    if (given >= min && given <= max) return given
    const allowed = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `between ${min} and ${max}`
    return this.fail('invalid-value', value.span, `${key} must be ${allowed} in ${this.place.what}, found ${given}`)
  }

  /** A list of texts. */
  texts(key: string, need?: 'required'): readonly string[] | undefined {
    const value = this.node(key)
    if (value === undefined) return need === 'required' ? this.missing(key) : undefined
    if (value.kind !== 'list') return this.mistyped(key, value, 'Sequence')
    return value.items.flatMap((item) => this.asText(key, item) ?? [])
  }

  /** A list of texts, or one text that stands for a list of it. */
  textOrTexts(key: string, need?: 'required'): readonly string[] | undefined {
    const value = this.node(key)
    if (value?.kind !== 'scalar') return this.texts(key, need)
    const text = this.asText(key, value)
    return text === undefined ? undefined : [text]
  }

  choice<Value extends string>(key: string, values: readonly Value[]): Value | undefined {
    const value = this.node(key)
    if (value === undefined) return undefined
    const text = this.asText(key, value)
    const found = values.find((candidate) => candidate === text)
    if (found !== undefined || text === undefined) return found
    const message = `'${text}' is not a value of '${key}' in ${this.place.what}; values are ${values.join(', ')}`
    return this.fail(
      'invalid-value',
      value.span,
      message,
      didYouMean(text, values) ??
        values.find((one) => /fail/i.test(text) && one.includes('fail'))?.replace(/.*/, "Did you mean '$&'?"),
    )
  }

  environment(key: string): readonly EnvironmentEntry[] {
    const value = this.node(key)
    if (value === undefined) return []
    return environmentEntries(this.place.report, value, this.place.chain).map((entry) => ({
      name: entry.key,
      value: environmentValue(this.place, entry),
    }))
  }

  /**
   * Reports keys outside of `known`: as errors, or as warnings where the language lets them pass (semantics 32). One that
   * seems to be meant as a known key which is missing is an error there, too: what it says would be lost.
   */
  only(known: readonly string[], otherwise: 'error' | 'warn'): void {
    this.known = known
    for (const { key, keySpan } of this.map.entries.values()) {
      if (!known.includes(key)) this.reportKey(key, keySpan, known, otherwise)
    }
  }

  fail(code: ConfigDiagnosticCode, span: Span, message: string, hint?: string): undefined {
    this.place.report.error(code, span, message, { chain: this.place.chain, hint })
    return undefined
  }

  warn(code: ConfigDiagnosticCode, span: Span, message: string, hint?: string): void {
    this.place.report.warn(code, span, message, { chain: this.place.chain, hint })
  }

  private reportKey(key: string, keySpan: Span, known: readonly string[], otherwise: 'error' | 'warn'): void {
    const { report, what, chain } = this.place
    const hint = () => keyCure(key, known)
    const meant = otherwise === 'error' ? undefined : nearest(key.slice(0, 100), known)
    if (otherwise === 'error' || (meant !== undefined && !this.map.entries.has(meant)))
      report.error('unknown-key', keySpan, `extraneous key [${key}] is not permitted in ${what}`, { chain, hint })
    else
      report.warn('ignored-key', keySpan, `The key '${key}' means nothing in ${what} and is ignored`, { chain, hint })
  }

  private mistyped(key: string, value: Node, type: ExpectedType): undefined {
    return reportType(this.place, `'${key}' of ${this.place.what}`, value, type)
  }

  /** Says that a key is missing, unless a misspelt one has been refused in its stead. */
  missing(key: string, hint = `Add '${key}:'`): undefined {
    if (isFailed(this.map.entries.get(key)?.value)) return undefined
    // A misspelt key has been refused already.
    if (slipFor(key, this.map.entries.keys(), this.known ?? []) !== undefined) return undefined
    return this.fail('missing-key', this.owner, `required key [${key}] not found in ${this.place.what}`, hint)
  }

  private asText(key: string, value: Node): string | undefined {
    return stringOf(value) ?? this.mistyped(key, value, 'String')
  }
}

/** @param owner the key the map stands below, where what it lacks is shown; the map itself when left out */
export function readFields(place: Place, node: MapNode, owner?: Span): Fields {
  return new Fields(place, node, owner)
}
