import { fingerprint } from '../tree/same-value.ts'
import type { Invocation, ResolvedWorkflow } from './invocation.ts'

interface Body {
  readonly print: string
  readonly members: Invocation[]
}

/** What invocations are called. */
export interface FinalNames {
  /** In the plan: unique within a workflow, and of one body everywhere. */
  readonly nodes: ReadonlyMap<Invocation, string>
  /** In compiled output, where equal bodies of one name are one job, however often a workflow runs it. */
  readonly compiled: ReadonlyMap<Invocation, string>
}

/**
 * Final names (semantics 18): equal names with equal bodies share one, in the plan unless they meet in one workflow;
 * otherwise all of them get numbers in order of appearance.
 */
export function finalNames(workflows: readonly ResolvedWorkflow[]): FinalNames {
  const byName = new Map<string, Invocation[]>()
  for (const { invocations } of workflows) {
    for (const invocation of invocations) {
      const others = byName.get(invocation.name)
      if (others === undefined) byName.set(invocation.name, [invocation])
      else others.push(invocation)
    }
  }
  const nodes = new Map<Invocation, string>()
  const compiled = new Map<Invocation, string>()
  for (const [name, invocations] of byName) {
    if (invocations.length === 1) {
      nodes.set(invocations[0]!, name)
      compiled.set(invocations[0]!, name)
      continue
    }
    const bodies = distinctBodies(invocations)
    nameBodies(name, bodies, byName, nodes)
    nameBodies(name, joinEqual(bodies), byName, compiled)
  }
  return { nodes, compiled }
}

/** Bodies that are told apart only because they meet in one workflow, put together. */
function joinEqual(bodies: readonly Body[]): readonly Body[] {
  const byPrint = new Map<string, Body>()
  for (const { print, members } of bodies) {
    const known = byPrint.get(print)
    if (known === undefined) byPrint.set(print, { print, members: [...members] })
    else known.members.push(...members)
  }
  return [...byPrint.values()]
}

function nameBodies(
  name: string,
  bodies: readonly Body[],
  taken: ReadonlyMap<string, unknown>,
  names: Map<Invocation, string>,
): void {
  let number = 0
  for (const body of bodies) {
    let final = name
    // A number that would meet a name somebody wrote is left out.
    while (bodies.length > 1 && taken.has(final)) {
      number += 1
      final = `${name}-${number}`
    }
    for (const member of body.members) names.set(member, final)
  }
}

/** Invocations with equal bodies in groups; of one workflow, each group holds one at most. In order of appearance. */
function distinctBodies(invocations: readonly Invocation[]): readonly Body[] {
  const bodies: Body[] = []
  const byPrint = new Map<string, { bodies: Body[]; used: Map<string, number> }>()
  for (const invocation of invocations) {
    const print = invocation.body === undefined ? invocation.type : fingerprint(invocation.body)
    const same = byPrint.get(print) ?? { bodies: [], used: new Map<string, number>() }
    byPrint.set(print, same)
    const used = same.used.get(invocation.workflow) ?? 0
    same.used.set(invocation.workflow, used + 1)
    const shared = same.bodies[used]
    if (shared !== undefined) {
      shared.members.push(invocation)
      continue
    }
    const body = { print, members: [invocation] }
    bodies.push(body)
    same.bodies.push(body)
  }
  return bodies
}
