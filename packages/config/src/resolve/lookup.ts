import type { Span } from '@rondo/model'
import { didYouMean, nearest } from '../did-you-mean.ts'
import { builtinSteps } from '../plan/builtin-steps.ts'
import { stringOf } from '../tree/node.ts'
import type { ElementDefinition, ElementKind, ResolveContext, Scope, Space } from './context.ts'

export interface Found {
  readonly definition: ElementDefinition
  /** The space the element belongs to: its unprefixed names mean that space's elements. */
  readonly space: Space
}

/** `silent`: not found, and the cause is already reported. */
export type Lookup = Found | 'silent' | undefined

const maxAliases = 20

/**
 * Finds a command, job or executor by its name, `name` or `orb/name`, following string aliases (semantics 9.2). Jobs of
 * version 2 files, compiled ones among them, have names with slashes of their own.
 */
export function findElement(kind: ElementKind, name: string, space: Space, aliases = 0): Lookup {
  const slash = name.indexOf('/')
  const own = space.elements[kind].get(name)
  if (slash === -1 || own !== undefined) return followAlias(kind, own, space, aliases)
  const orb = name.slice(0, slash)
  const orbSpace = space.orbs.get(orb)
  if (orbSpace === undefined) return undefined
  if ('reportMissing' in orbSpace) {
    orbSpace.reportMissing()
    return 'silent'
  }
  return followAlias(kind, orbSpace.elements[kind].get(name.slice(slash + 1)), orbSpace, aliases)
}

function followAlias(
  kind: ElementKind,
  definition: ElementDefinition | undefined,
  space: Space,
  aliases: number,
): Lookup {
  if (definition === undefined) return undefined
  const target = stringOf(definition.node)
  if (target === undefined) return { definition, space }
  return aliases < maxAliases ? findElement(kind, target, space, aliases + 1) : undefined
}

/** Says that an element does not exist: `Cannot find a definition for …`, with the nearest name. */
export function reportMissing(cx: ResolveContext, kind: ElementKind, name: string, span: Span, scope: Scope): void {
  const code = `unknown-${kind}` as const
  const orb = cx.version === 2.1 && name.includes('/') ? name.slice(0, name.indexOf('/')) : undefined
  if (orb !== undefined && !scope.space.orbs.has(orb)) {
    cx.report.error('unknown-orb', span, `Cannot find orb '${orb}' looking for ${kind} named '${name}'`, {
      chain: scope.chain,
      hint: () =>
        didYouMean(orb, scope.space.orbs.keys()) ??
        `Name it under 'orbs:'${scope.space.main ? '' : ` of ${scope.space.label}`}`,
    })
    return
  }
  const prefix = orb === undefined ? '' : `${orb}/`
  const space = orb === undefined ? scope.space : scope.space.orbs.get(orb)
  const candidates = space === undefined || 'reportMissing' in space ? [] : space.elements[kind].keys()
  const builtin = kind === 'command' && orb === undefined ? builtinSteps : []
  const bare = orb === undefined ? name : name.slice(prefix.length)
  cx.report.error(code, span, `Cannot find a definition for ${kind} named ${name}`, {
    chain: scope.chain,
    hint: () => suggested(prefix, nearest(bare, [...builtin, ...candidates])),
  })
}

function suggested(prefix: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `Did you mean '${prefix}${name}'?`
}
