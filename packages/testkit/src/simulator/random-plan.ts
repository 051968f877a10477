import type { JobPlan, NodeType, Plan, RequiredStatus, Requirement, WorkflowNode, WorkflowPlan } from '@rondo/model'
import type { Random } from './random.ts'

const origin = { span: { start: 0, end: 0 }, frames: [] } as unknown as WorkflowNode['origin']
const statuses: readonly RequiredStatus[] = ['success', 'failed', 'canceled', 'unauthorized', 'not_run']

/** Names of contexts: the organisation has the first; nobody has the second. */
export const contexts = { present: 'team', absent: 'ghost' } as const

/** What needs a machine of its own: more than any agent has, so it takes all of one. */
export const machineClass = '2xlarge+'

/** A compiled config with graphs of every shape the language can say. */
export function randomPlan(random: Random): Plan {
  // Many small graphs find what many workflows do to each other, large ones what jobs do.
  const small = random.chance(0.6)
  const workflows = Array.from({ length: small ? random.int(2, 8) : random.int(1, 4) }, (_, index) =>
    randomWorkflow(random, `w${index + 1}`, small ? 3 : 9),
  )
  const bodies: [string, JobPlan][] = [1, 2, 3].map((parallelism) => [
    `build-${parallelism}`,
    {
      name: `build-${parallelism}`,
      executor: { type: 'docker', images: [{ image: 'image', environment: [] }] },
      resourceClass: random.pick(['small', 'medium', 'large']),
      steps: [],
      environment: [],
      parallelism,
      origin,
    },
  ])
  bodies.push([
    'machine',
    {
      name: 'machine',
      executor: { type: 'machine', image: 'image', dockerLayerCaching: false },
      resourceClass: machineClass,
      steps: [],
      environment: [],
      parallelism: 1,
      origin,
    },
  ])
  return { setup: false, orbs: [], workflows, jobs: Object.fromEntries(bodies) }
}

function randomWorkflow(random: Random, name: string, most: number): WorkflowPlan {
  const jobs: WorkflowNode[] = []
  const size = Math.round(random.skewed(1, most))
  const width = random.next()
  for (let index = 1; index <= size; index++) {
    const type = random.pick<NodeType>(['build', 'build', 'build', 'build', 'build', 'approval', 'no-op'])
    const earlier = jobs.slice(-4)
    jobs.push({
      name: `${type === 'build' ? 'job' : type}-${index}`,
      type,
      ...(type === 'build' ? { job: random.chance(0.05) ? 'machine' : `build-${random.pick([1, 1, 1, 2, 3])}` } : {}),
      requires: random.some(earlier, width).map((node) => randomRequirement(random, node.name)),
      ...(random.chance(0.15) ? { serialGroup: random.pick(['deploy', 'release']) } : {}),
      contexts: random.chance(0.04) ? [contexts.absent] : random.chance(0.1) ? [contexts.present] : [],
      origin,
    })
  }
  return { name, jobs, schedules: [], maxAutoReruns: random.pick([0, 0, 0, 1, 2]), origin }
}

function randomRequirement(random: Random, node: string): Requirement {
  if (random.chance(0.7)) return { node, statuses: ['success'] }
  if (random.chance(0.3)) return { node, statuses }
  const chosen = random.some(statuses, 0.4)
  return { node, statuses: chosen.length === 0 ? ['failed'] : chosen }
}
