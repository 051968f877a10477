import type { LinkedWorkflow } from '../check/link.ts'
import { child } from '../tree/node.ts'

/** `    - checkout` and its line end. */
const leastStep = 15

/** Characters that the compiled config has at least: looked at before it is made, as a few lines can stand for a million steps. */
export function leastSize(linked: readonly LinkedWorkflow[]): number {
  const bodies = new Map(linked.flatMap(({ nodes }) => nodes.map((node) => [node.compiled, node.invocation.body])))
  let steps = 0
  for (const body of bodies.values()) {
    const own = body && child(body, 'steps')
    if (own?.kind === 'list') steps += own.items.length
  }
  return steps * leastStep
}
