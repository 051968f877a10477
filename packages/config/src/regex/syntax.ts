/** A regular expression as a tree. Groups leave no node of their own: nothing here captures. */
export type Regex =
  | { readonly kind: 'empty' }
  | { readonly kind: 'class'; readonly test: CharTest }
  | { readonly kind: 'sequence'; readonly parts: readonly Regex[] }
  | { readonly kind: 'choice'; readonly options: readonly Regex[] }
  | { readonly kind: 'repeat'; readonly body: Regex; readonly min: number; readonly max: number }
  | {
      readonly kind: 'assert'
      readonly test: 'start' | 'end' | 'end-or-newline' | 'line-start' | 'line-end' | 'word' | 'not-word'
    }
  | { readonly kind: 'look'; readonly behind: boolean; readonly negative: boolean; readonly body: Regex }

/** Whether a code point belongs to a class. */
export type CharTest = (code: number) => boolean

/**
 * `java`: branch and tag filters and `matches` statements; look-around is understood.
 * `re2`: patterns of expressions; look-around is an error there (semantics 6.1).
 */
export type RegexDialect = 'java' | 're2'

/** Why a pattern cannot be used. Thrown inside this folder only; `compileRegex` returns it as a value. */
export class RegexSyntaxError extends Error {
  readonly position: number
  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

/** A pattern whose meaning only trying alternatives one after the other can find. */
export class NeedsBacktracking extends RegexSyntaxError {}
