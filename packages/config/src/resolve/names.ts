import { fingerprint } from '../tree/same-value.ts'
import type { Invocation, ResolvedWorkflow } from './invocation.ts'

interface Body {
  readonly fingerprint: string
  readonly members: Invocation[]
}

/**
 * Final names (semantics 18): equal names with equal bodies share one, unless they meet in one workflow; otherwise all
 * of them get numbers in order of appearance.
 */
export function finalNames(workflows: readonly ResolvedWorkflow[]): ReadonlyMap<Invocation, string> {
  const byName = new Map<string, Body[]>()
  for (const workflow of workflows) for (const invocation of workflow.invocations) addTo(byName, invocation)
  const names = new Map<Invocation, string>()
  for (const [name, bodies] of byName) {
    let number = 0
    for (const body of bodies) {
      let final = name
      // A number that would meet a name somebody wrote is left out.
      while (bodies.length > 1 && byName.has(final)) {
        number += 1
        final = `${name}-${number}`
      }
      for (const member of body.members) names.set(member, final)
    }
  }
  return names
}

function addTo(byName: Map<string, Body[]>, invocation: Invocation): void {
  const bodies = byName.get(invocation.name) ?? []
  byName.set(invocation.name, bodies)
  const print = invocation.body === undefined ? invocation.type : fingerprint(invocation.body)
  const shared = bodies.find(
    (body) => body.fingerprint === print && !body.members.some((member) => member.workflow === invocation.workflow),
  )
  if (shared === undefined) bodies.push({ fingerprint: print, members: [invocation] })
  else shared.members.push(invocation)
}
