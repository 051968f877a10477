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
export function findElement(kind: ElementKind, name: string, space: Space): Lookup {
  let found = named(kind, name, space)
  for (let aliases = 0; found !== undefined && found !== 'silent'; aliases++) {
    const target = stringOf(found.definition.node)
    if (target === undefined) return found
    found = aliases < maxAliases ? named(kind, target, found.space) : undefined
  }
  return found
}

/** What a name is defined as, which may be another name. */
function named(kind: ElementKind, name: string, space: Space): Lookup {
  const slash = name.indexOf('/')
  const own = space.elements[kind].get(name)
  if (slash === -1 || own !== undefined) return own && { definition: own, space }
  const orbSpace = space.orbs.get(name.slice(0, slash))
  if (orbSpace === undefined) return undefined
  if ('reportMissing' in orbSpace) {
    orbSpace.reportMissing()
    return 'silent'
  }
  const definition = orbSpace.elements[kind].get(name.slice(slash + 1))
  return definition && { definition, space: orbSpace }
}

interface BrokenAlias {
  /** Each stands for the next; the last is none, was there before, or is one too many. */
  readonly names: readonly string[]
  /** Where the last one is written. */
  readonly written: Found
}

/** Undefined when `name` is not even an alias. */
function brokenAlias(kind: ElementKind, name: string, space: Space): BrokenAlias | undefined {
  const names = [name]
  let written: Found | undefined
  for (;;) {
    const found = named(kind, names.at(-1)!, written?.space ?? space)
    const target = found === undefined || found === 'silent' ? undefined : stringOf(found.definition.node)
    if (target === undefined) return written && { names, written }
    written = found as Found
    const isCircle = names.includes(target)
    names.push(target)
    if (isCircle || names.length > maxAliases + 1) return { names, written }
  }
}

function reportAlias(cx: ResolveContext, kind: ElementKind, { names, written }: BrokenAlias, scope: Scope): void {
  const [name, last] = [names[0]!, names.at(-1)!]
  const { span } = written.definition.node
  const { chain } = scope
  const steps = names.join(' -> ')
  if (names.indexOf(last) < names.length - 1) {
    cx.report.error('recursion', span, `${kind} '${name}' stands for itself: ${steps}`, { chain })
  } else if (names.length > maxAliases + 1) {
    cx.report.error('limit', span, `${kind} '${name}' stands for another name more than ${maxAliases} times`, { chain })
  } else {
    const image = imageHint(kind, last)
    const others = [...written.space.elements[kind].keys()].filter((other) => !names.includes(other))
    cx.report.error(`unknown-${kind}`, span, `Cannot find a definition for ${kind} named ${last}: ${steps}`, {
      chain,
      hint: () => image ?? suggested('', nearest(last, others)),
    })
  }
}

/** Says that an element does not exist: `Cannot find a definition for …`, with the nearest name. */
/** @param cure what to do about it, where that is known better than from the name */
export function reportMissing(
  cx: ResolveContext,
  kind: ElementKind,
  name: string,
  span: Span,
  scope: Scope,
  cure?: string,
): void {
  const alias = brokenAlias(kind, name, scope.space)
  if (alias !== undefined) {
    reportAlias(cx, kind, alias, scope)
    return
  }
  const code = `unknown-${kind}` as const
  const orb = cx.version === 2.1 && name.includes('/') ? name.slice(0, name.indexOf('/')) : undefined
  if (orb !== undefined && !scope.space.orbs.has(orb)) {
    cx.report.error('unknown-orb', span, `Cannot find orb '${orb}' looking for ${kind} named '${name}'`, {
      chain: scope.chain,
      hint: () =>
        didYouMean(orb, scope.space.orbs.keys()) ??
        imageHint(kind, name) ??
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
    hint: () =>
      cure ?? suggested(prefix, nearest(bare, [...builtin, ...candidates])) ?? elsewhere(cx, kind, name, scope),
  })
}

const namesOf: Readonly<Record<ElementKind, string>> = { command: 'Commands', job: 'Jobs', executor: 'Executors' }

/** What to do about a name that resembles no other of its kind. */
function elsewhere(cx: ResolveContext, kind: ElementKind, name: string, scope: Scope): string | undefined {
  const orb = name.includes('/') ? name.slice(0, name.indexOf('/')) : undefined
  if (cx.version === 2 && (kind !== 'job' || orb !== undefined))
    return `${orb === undefined ? namesOf[kind] : 'Orbs'} need 'version: 2.1' at the top`
  const written = kind === 'command' ? /^([a-z_]+)[:.](?=\S)(.*)$/s.exec(name) : null
  if (written !== null && builtinSteps.has(written[1]!))
    return `A blank follows the colon: '- ${written[1]}: ${written[2]!.slice(0, 100)}'`
  if (written !== null && scope.space.orbs.has(written[1]!))
    return `Did you mean '${written[1]}/${written[2]!.slice(0, 100)}'?`
  if (kind === 'command' && /^(?:script|cmd|shell|command|bash)$/.test(name)) return "Did you mean 'run'?"
  if (kind === 'command' && name.trim().includes(' ')) return `Write '- run: ${name.slice(0, 100)}'`
  const space = orb === undefined ? scope.space : scope.space.orbs.get(orb)
  if (space === undefined || 'reportMissing' in space) return undefined
  const bare = orb === undefined ? name : name.slice(orb.length + 1)
  const other = (Object.keys(namesOf) as ElementKind[]).find((one) => space.elements[one].has(bare))
  if (other !== undefined) return `'${name}' is ${other === 'executor' ? 'an' : 'a'} ${other}, ${uses[other]}`
  if (orb !== undefined) return ofOrb(kind, orb, [...space.elements[kind].keys()])
  if (!scope.space.main) return undefined
  if (kind === 'executor') return imageHint(kind, name) ?? "Define it under 'executors:'"
  return kind === 'command'
    ? "Define it under 'commands:'; a command of the shell is written '- run: …'"
    : "Define it under 'jobs:'; to wait for a person here, write 'type: approval' below it"
}

const uses: Readonly<Record<ElementKind, string>> = {
  command: 'which steps name',
  job: 'which workflows name',
  executor: "which jobs name as 'executor:'",
}

function ofOrb(kind: ElementKind, orb: string, names: readonly string[]): string {
  if (names.length === 0) return `Orb '${orb}' has no ${namesOf[kind].toLowerCase()}`
  return `${namesOf[kind]} of orb '${orb}': ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`
}

/** `executor: cimg/node:20.1` */
function imageHint(kind: ElementKind, name: string): string | undefined {
  if (kind !== 'executor' || !/[:.]/.test(name)) return undefined
  return `An image is written 'docker: [{image: ${name}}]'`
}

function suggested(prefix: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `Did you mean '${prefix}${name}'?`
}
