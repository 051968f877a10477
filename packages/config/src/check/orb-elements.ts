import { checkExecutorBody } from '../plan/executor.ts'
import { readJob } from '../plan/job.ts'
import type { ElementDefinition, ResolveContext, Space } from '../resolve/context.ts'
import { child, stringOf } from '../tree/node.ts'
import { openValues } from './open-values.ts'

/**
 * Checks jobs and executors of an orb as those of a config are checked, with everything left open that a template
 * decides: an argument may make it right.
 */
export function checkOrbElements(cx: ResolveContext, space: Space): void {
  for (const job of space.elements.job.values()) checkJob(cx, job)
  for (const { name, node } of space.elements.executor.values()) {
    const body = openValues(node)
    if (body.kind === 'map') checkExecutorBody(cx.report, name, body)
  }
}

function checkJob(cx: ResolveContext, { name, node }: ElementDefinition): void {
  const body = openValues(node)
  const type = child(body, 'type')
  if (body.kind !== 'map' || (type !== undefined && stringOf(type) !== 'build')) return
  const executorMissing = body.entries.has('executor')
  readJob(cx.report, { name, body, steps: [], chain: [], executorMissing, lenient: false })
}
