import { matchesWhole } from './match.ts'
import { parseRegex } from './parse.ts'
import { compileProgram } from './program.ts'
import type { RegexDialect } from './syntax.ts'
import { NeedsBacktracking, RegexSyntaxError } from './syntax.ts'

export interface CompiledRegex {
  /** Whether the whole text matches. Time grows with text length x pattern length, unless `backtracking` was allowed. */
  matches(text: string): boolean
}

export type RegexResult =
  | { readonly ok: true; readonly regex: CompiledRegex }
  | { readonly ok: false; readonly reason: string }

const maxPattern = 4_096
/** Longer texts are judged by their beginning: names and commit messages are far below. */
const maxText = 65_536

export interface RegexOptions {
  /**
   * Whether a pattern with back-references is given to the native engine, which may take for ever. Only for a caller that
   * can be ended from outside; default false: the pattern is refused.
   */
  readonly backtracking?: boolean
}

/** What the native engine reads otherwise, or not at all. */
const readOtherwise = /\\[QAZzpPae]|\(\?[a-z-]+[:)]|&&|\[\[:/

/**
 * Compiles a pattern for whole-text matching. Our own engine: the native one may take exponential time on a hostile
 * pattern and cannot be stopped, and the linear-time ports do not know the look-around that branch filters use.
 */
export function compileRegex(source: string, dialect: RegexDialect, options: RegexOptions = {}): RegexResult {
  if (source.length > maxPattern) return { ok: false, reason: `it is longer than ${maxPattern} characters` }
  try {
    const program = compileProgram(parseRegex(source, dialect))
    return { ok: true, regex: { matches: (text) => matchesWhole(program, codePoints(text.slice(0, maxText))) } }
  } catch (error) {
    if (error instanceof NeedsBacktracking && options.backtracking === true) return nativeRegex(source, error)
    if (error instanceof RegexSyntaxError) return { ok: false, reason: error.message }
    throw error
  }
}

function nativeRegex(source: string, needs: NeedsBacktracking): RegexResult {
  if (readOtherwise.test(source)) return { ok: false, reason: `${needs.message} beside special forms` }
  try {
    const regex = new RegExp(`^(?:${source})$`)
    return { ok: true, regex: { matches: (text) => regex.test(text.slice(0, maxText)) } }
  } catch {
    return { ok: false, reason: needs.message }
  }
}

function codePoints(text: string): readonly number[] {
  return Array.from(text, (char) => char.codePointAt(0)!)
}
