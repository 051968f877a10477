import type { ElementDefinition, ResolveContext, Space } from '../resolve/context.ts'
import { findElement } from '../resolve/lookup.ts'
import type { MapEntry, Node } from '../tree/node.ts'
import { child, stringOf } from '../tree/node.ts'

/**
 * Commands of an orb that call themselves (semantics 11). A call under a condition is left out: whether it is made
 * depends on arguments.
 */
export function checkCommandRecursion(cx: ResolveContext, space: Space): void {
  const done = new Set<Node>()
  for (const command of space.elements.command.values()) follow(cx, space, command, { path: [], done })
}

interface Search {
  /** The commands being followed, outermost first. */
  readonly path: ElementDefinition[]
  readonly done: Set<Node>
}

function follow(cx: ResolveContext, space: Space, command: ElementDefinition, search: Search): void {
  const { path, done } = search
  const first = path.findIndex(({ node }) => node === command.node)
  if (first !== -1) {
    const names = [...path.slice(first), command].map(({ name }) => name)
    const message = `Command '${command.name}' calls itself: ${names.join(' -> ')}`
    cx.report.error('recursion', command.keySpan, message, { hint: 'Take one of these calls out' })
    return
  }
  if (done.has(command.node)) return
  if (path.length >= cx.limits.callDepth) {
    cx.report.error('limit', command.keySpan, `Commands call each other more than ${cx.limits.callDepth} deep`)
    return
  }
  path.push(command)
  for (const called of calledIn(child(command.node, 'steps'), space)) follow(cx, space, called, search)
  path.pop()
  done.add(command.node)
}

function calledIn(node: Node | undefined, space: Space): readonly ElementDefinition[] {
  if (node === undefined) return []
  if (node.kind === 'list') return node.items.flatMap((item) => calledIn(item, space))
  if (node.kind === 'scalar') return own(stringOf(node), space)
  const [entry] = node.entries.values()
  return entry === undefined || node.entries.size > 1 ? [] : calledBy(entry, space)
}

function calledBy({ key, value }: MapEntry, space: Space): readonly ElementDefinition[] {
  if (key === 'when' || key === 'unless') return []
  const called = own(key, space)
  if (key === 'steps' && called.length === 0) return calledIn(value, space)
  return [...called, ...called.flatMap((command) => calledInArguments(command, value, space))]
}

/** Steps given as an argument are expanded where they are given, whatever becomes of them. */
function calledInArguments(command: ElementDefinition, value: Node, space: Space): readonly ElementDefinition[] {
  if (value.kind !== 'map') return []
  const declared = child(command.node, 'parameters')
  return [...value.entries.values()]
    .filter((argument) => stringOf(child(child(declared, argument.key), 'type')) === 'steps')
    .flatMap((argument) => calledIn(argument.value, space))
}

/** The orb's own command of that name: the orbs it imports know nothing of it, so they cannot call back. */
function own(name: string | undefined, space: Space): readonly ElementDefinition[] {
  const found = name === undefined ? undefined : findElement('command', name, space)
  return found === undefined || found === 'silent' || found.space !== space ? [] : [found.definition]
}
