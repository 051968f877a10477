import { matchesWhole } from './match.ts'
import { parseRegex } from './parse.ts'
import { compileProgram } from './program.ts'
import type { RegexDialect } from './syntax.ts'
import { RegexSyntaxError } from './syntax.ts'

export interface CompiledRegex {
  /** Whether the whole text matches. Time grows with text length x pattern length, never exponentially. */
  matches(text: string): boolean
}

export type RegexResult =
  | { readonly ok: true; readonly regex: CompiledRegex }
  | { readonly ok: false; readonly reason: string }

const maxPattern = 4_096
/** Longer texts are judged by their beginning: names and commit messages are far below. */
const maxText = 65_536

/**
 * Compiles a pattern for whole-text matching. Our own engine: the native one may take exponential time on a hostile
 * pattern and cannot be stopped, and the linear-time ports do not know the look-around that branch filters use.
 */
export function compileRegex(source: string, dialect: RegexDialect): RegexResult {
  if (source.length > maxPattern) return { ok: false, reason: `it is longer than ${maxPattern} characters` }
  try {
    const program = compileProgram(parseRegex(source, dialect))
    return { ok: true, regex: { matches: (text) => matchesWhole(program, codePoints(text.slice(0, maxText))) } }
  } catch (error) {
    if (error instanceof RegexSyntaxError) return { ok: false, reason: error.message }
    throw error
  }
}

function codePoints(text: string): readonly number[] {
  return Array.from(text, (char) => char.codePointAt(0)!)
}
