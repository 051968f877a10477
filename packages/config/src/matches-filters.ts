import type { Filters, NameFilter } from '@rondo/model'
import { patternOf } from './plan/name-pattern.ts'
import type { CompiledRegex } from './regex/compile-regex.ts'
import { compileRegex } from './regex/compile-regex.ts'

/** What a pipeline runs on. With both a branch and a tag, the branch counts (semantics 19.1). */
export interface GitReference {
  readonly branch?: string
  readonly tag?: string
}

/**
 * Whether an entry with these filters runs for a reference. Without filters it runs on every branch and on no tag.
 * A pattern that cannot be compiled matches nothing; the compiler has refused it before.
 */
export function matchesFilters(filters: Filters | undefined, reference: GitReference): boolean {
  if (reference.branch !== undefined && reference.branch !== '')
    return passes(filters?.branches, reference.branch, true)
  if (reference.tag !== undefined && reference.tag !== '') return passes(filters?.tags, reference.tag, false)
  return true
}

/** Whether a name passes `only`/`ignore`; `only` is considered first, and alone when present. */
export function matchesNameFilter(filter: NameFilter | undefined, name: string): boolean {
  return passes(filter, name, true)
}

function passes(filter: NameFilter | undefined, name: string, otherwise: boolean): boolean {
  if (filter?.only !== undefined) return filter.only.some((item) => matchesItem(item, name))
  if (filter?.ignore !== undefined) return !filter.ignore.some((item) => matchesItem(item, name))
  return otherwise
}

function matchesItem(item: string, name: string): boolean {
  const pattern = patternOf(item)
  return pattern === undefined ? item === name : (compiledPattern(pattern)?.matches(name) ?? false)
}

const cacheSize = 500
const compiledPatterns = new Map<string, CompiledRegex | undefined>()

/** The same few patterns are asked for on every push, so they are compiled once. */
function compiledPattern(pattern: string): CompiledRegex | undefined {
  if (compiledPatterns.has(pattern)) return compiledPatterns.get(pattern)
  const compiled = compileRegex(pattern, 'java')
  if (compiledPatterns.size >= cacheSize) compiledPatterns.clear()
  const regex = compiled.ok ? compiled.regex : undefined
  compiledPatterns.set(pattern, regex)
  return regex
}
