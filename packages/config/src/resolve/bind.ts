import type { Span } from '@rondo/model'
import { didYouMean, nearest } from '../did-you-mean.ts'
import { entryKeyCure } from '../plan/key-cures.ts'
import { substituteOrFail } from '../template/substitute.ts'
import type { MapEntry, Node } from '../tree/node.ts'
import { isFailed, listNode } from '../tree/node.ts'
import { BoundArguments } from './bound-arguments.ts'
import type {
  Argument,
  Declarations,
  ParameterDeclaration,
  ResolveContext,
  ResolvedStep,
  Scope,
  Space,
} from './context.ts'
import { scopeOf } from './context.ts'
import { entryKeys } from './entry-keys.ts'
import { hasType, reportArgumentType } from './parameters.ts'

const filterKeys = ['branches', 'tags', 'only', 'ignore']

export interface Call {
  readonly declarations: Declarations
  readonly given: readonly MapEntry[]
  /** Where the arguments are written. */
  readonly caller: Scope
  /** Where the parameters are declared; defaults are evaluated there. */
  readonly callee: Space
  /** For messages: `command 'x'`. */
  readonly what: string
  readonly span: Span
  /** True for a job's entry in a workflow, which has keys of its own. */
  readonly isEntry?: boolean
  /** True when what was given cannot be read, which is reported: nothing is missing on top of it. */
  readonly unreadable?: boolean
  /** Expands `steps` arguments; handed in, because expanding steps binds arguments in turn. */
  readonly expandSteps: (cx: ResolveContext, node: Node, scope: Scope) => readonly ResolvedStep[]
}

export type Arguments = ReadonlyMap<string, Argument | undefined>

const noArguments: Arguments = new Map()

/** Binds arguments to parameters (semantics 4.3). Wrong ones are reported and bound to nothing, so that uses stay silent. */
export function bindArguments(cx: ResolveContext, call: Call): Arguments {
  if (call.declarations.size === 0 && call.given.length === 0) return noArguments
  const bound = emptyArguments(cx, call)
  const { chain } = call.caller
  const unexpected: string[] = []
  for (const entry of call.given) {
    const declaration = call.declarations.get(entry.key)
    if (declaration?.default !== undefined && isEmpty(cx, entry, call)) continue
    if (declaration !== undefined) bound.set(entry.key, bindGiven(cx, declaration, entry, call))
    else if (call.declarations.has(entry.key)) bound.set(entry.key, undefined)
    else {
      unexpected.push(entry.key)
      cx.report.error('unexpected-argument', entry.keySpan, `Unexpected argument(s): ${entry.key}`, {
        chain,
        hint: () => unexpectedHint(entry.key, call),
      })
    }
  }
  const missing: string[] = []
  for (const [name, declaration] of call.declarations) {
    if (bound.has(name)) continue
    const fallback = declaration?.default
    if (fallback !== undefined) bound.setDefault(name, () => bindDefault(cx, declaration!, fallback, call, bound))
    else {
      bound.set(name, undefined)
      // A misspelt argument has been refused already.
      if (declaration !== undefined && !isMeant(name, unexpected)) missing.push(name)
    }
  }
  if (missing.length > 0 && call.unreadable !== true) {
    cx.report.error('missing-argument', call.span, `Missing required argument(s): ${missing.join(', ')}`, {
      chain,
      hint: `${call.what} declares ${missing.length === 1 ? 'it' : 'them'} without a default`,
    })
  }
  bound.evaluateDefaults()
  return bound
}

function emptyArguments(cx: ResolveContext, { declarations, caller, what }: Call): BoundArguments {
  const { chain } = caller
  const title = () => `Defaults of ${what.charAt(0).toLowerCase()}${what.slice(1)}`
  const placeOf = (name: string) => declarations.get(name)!.default!.span
  const depth = cx.limits.callDepth
  return new BoundArguments({
    depth,
    reportCycle: (path) => {
      const shown = path.length > 10 ? [...path.slice(0, 5), '…', ...path.slice(-4)] : path
      const message = `${title()} refer to each other in a circle: ${shown.join(' -> ')}`
      const hint = 'Give one of these parameters a default that stands for itself'
      cx.report.error('recursion', placeOf(path[0]!), message, { chain, hint })
    },
    reportDepth: (name) => {
      const message = `${title()} refer to each other more than ${depth} deep, at '${name}'`
      cx.report.error('limit', placeOf(name), message, { chain })
    },
  })
}

/** An argument with nothing behind it leaves its parameter at the default; public configs have run so for years. */
function isEmpty(cx: ResolveContext, { key, keySpan, value }: MapEntry, call: Call): boolean {
  // A null that is written out is one, and of the wrong type.
  if (value.kind !== 'scalar' || value.value !== null || value.text !== '' || isFailed(value)) return false
  const hint = "Write a value, such as '' for an empty text, or leave it out"
  cx.report.warn('argument-type', keySpan, `'${key}' has no value here: its default counts`, {
    chain: call.caller.chain,
    hint,
  })
  return true
}

function isMeant(name: string, unexpected: readonly string[]): boolean {
  return unexpected.slice(0, 100).some((key) => nearest(key.slice(0, 100), [name]) !== undefined)
}

function unexpectedHint(key: string, call: Call): string {
  const meant = didYouMean(key, [...call.declarations.keys(), ...(call.isEntry === true ? entryKeys : [])])
  if (meant !== undefined) return meant
  if (call.isEntry === true && filterKeys.includes(key)) return `'${key}' stands below 'filters:'`
  const cure = call.isEntry === true ? entryKeyCure(key) : undefined
  if (cure !== undefined) return cure
  return `${call.what} declares no parameter of that name`
}

function bindGiven(
  cx: ResolveContext,
  declaration: ParameterDeclaration,
  entry: MapEntry,
  call: Call,
): Argument | undefined {
  const value = evaluate(cx, call, declaration, entry.value, call.caller)
  if (value === undefined) return undefined
  const forwarded = forwardedSpace(declaration, entry.value, call.caller)
  if (hasType(declaration, value)) return { value, space: forwarded ?? call.caller.space, type: declaration.type }
  const place = entry.value.span.end > entry.value.span.start ? entry.value.span : entry.keySpan
  reportArgumentType(cx, declaration, value, place, { chain: call.caller.chain })
  return undefined
}

/** An executor handed through several levels is still looked up where it was first written. */
function forwardedSpace(declaration: ParameterDeclaration, given: Node, caller: Scope): Space | undefined {
  if (declaration.type !== 'executor' || given.kind !== 'scalar' || !given.templated) return undefined
  const name = /^<<\s*parameters\.([^\s>]+)\s*>>$/.exec(String(given.value))?.[1]
  return name === undefined ? undefined : caller.parameters?.get(name)?.space
}

function bindDefault(
  cx: ResolveContext,
  declaration: ParameterDeclaration,
  fallback: Node,
  call: Call,
  parameters: Arguments,
): Argument | undefined {
  const scope: Scope = { ...scopeOf(call.callee, call.caller.chain), parameters }
  const value = evaluate(cx, call, declaration, fallback, scope)
  if (value === undefined) return undefined
  const forwarded = forwardedSpace(declaration, fallback, scope)
  if (hasType(declaration, value)) return { value, space: forwarded ?? call.callee, type: declaration.type }
  reportArgumentType(cx, declaration, value, fallback.span, { chain: call.caller.chain })
  return undefined
}

function evaluate(
  cx: ResolveContext,
  call: Call,
  declaration: ParameterDeclaration,
  value: Node,
  scope: Scope,
): Node | undefined {
  if (declaration.type !== 'steps' || value.kind !== 'list' || cx.expandedSteps.has(value))
    return substituteOrFail(cx, value, scope)
  const steps = call.expandSteps(cx, value, scope)
  const list = listNode(
    steps.map((step) => step.node),
    value.span,
  )
  cx.expandedSteps.set(list, steps)
  return list
}
