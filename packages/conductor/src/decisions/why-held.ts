import { type AgentState, agentSilentAfterMs, type QueueEntry } from '@rondo/model'

type Agent = Pick<AgentState, 'name' | 'executors' | 'silentMs' | 'refusal'>

const namedAgents = 2

/**
 * Why a waiting task could not start if it were its turn; null: nothing but room is missing. `slug`: the organisation or project
 * that its limit is of; null: the installation's.
 */
export function whyHeld(
  { limit, executor }: Pick<QueueEntry, 'limit' | 'executor'>,
  agents: readonly Agent[],
  slug: string | null,
): string | null {
  if (limit !== null) return limitText(limit, slug)
  const able = agents.filter((agent) => agent.executors.includes(executor))
  return able.length === 0 ? `no agent runs ${executor} jobs` : whyNoneTakes(able)
}

/** Why none of the agents takes anything new; null: one does. */
export function whyNoneTakes(agents: readonly Agent[]): string | null {
  if (agents.length === 0) return 'no agent has joined'
  const reasons = agents.map((agent) => `${agent.name}: ${reasonOf(agent) ?? ''}`)
  if (agents.some((agent) => reasonOf(agent) === null)) return null
  const more = reasons.length - namedAgents
  return `no agent takes new work (${reasons.slice(0, namedAgents).join('; ')}${more > 0 ? ` and ${more} more` : ''})`
}

function reasonOf({ silentMs, refusal }: Agent): string | null {
  if (silentMs > agentSilentAfterMs) return 'not heard of'
  return refusal === null ? null : refusal.replace(/\.$/, '')
}

/** `limit of 3 for class large of gh/acme, 3 running`. */
function limitText(
  { maxTasks, resourceClass, running }: NonNullable<QueueEntry['limit']>,
  slug: string | null,
): string {
  const ofClass = resourceClass === null ? '' : ` for class ${resourceClass}`
  const whose = slug === null ? ' of the installation' : ` of ${slug}`
  if (maxTasks === 0) return `new work${ofClass}${whose} is blocked`
  return `limit of ${maxTasks}${ofClass}${whose}, ${running} running`
}
