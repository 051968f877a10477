import { type Agent, agentSilentAfterMs, projectSlug, type RunningTask, rivalGoneAfterMs } from '@rondo/model'
import type { AgentView, RunningTaskView } from '@rondo/protocol'

export function agentView(agent: Agent, running: readonly RunningTask[]): AgentView {
  const { condition, drainingSince } = agent
  return {
    id: agent.id,
    name: agent.name,
    hostname: agent.hostname,
    executors: agent.executors,
    state: stateOf(agent),
    status: statusOf(agent),
    tasks: condition?.tasks ?? 0,
    maxTasks: condition?.maxTasks ?? null,
    cpus: agent.cpus,
    memoryMb: agent.memoryMb,
    drainingSince: drainingSince?.toISOString() ?? null,
    refusal: condition?.refusal ?? null,
    faults: condition?.faults ?? [],
    silentMs: Math.round(agent.silentMs),
    running: running.filter((task) => task.agentId === agent.id).map(taskView),
  }
}

function taskView(task: RunningTask): RunningTaskView {
  const { jobId, jobName, slice, since, held, vcsType, organizationName, projectName } = task
  const slug = projectSlug({ vcsType, organizationName, name: projectName })
  return { jobId, jobName, projectSlug: slug, slice, since: since.toISOString(), held }
}

function stateOf({ silentMs, condition, drainingSince }: Agent): AgentView['state'] {
  if (silentMs > agentSilentAfterMs) return 'unreachable'
  if (drainingSince !== null || condition?.draining === true)
    return (condition?.tasks ?? 0) === 0 ? 'drained' : 'draining'
  return (condition?.refusal ?? null) === null ? 'ready' : 'closed'
}

/** `2 of 4 tasks, draining since 11:20 UTC`. */
function statusOf(agent: Agent): string {
  const { condition, drainingSince, silentMs } = agent
  const parts = condition === null ? [] : [`${condition.tasks} of ${condition.maxTasks} tasks`]
  if (condition?.waitingForSsh) parts.push(`${condition.waitingForSsh} of them for SSH`)
  if (silentMs > agentSilentAfterMs) parts.push(`not heard of for ${Math.round(silentMs / 1000)} s`)
  if (agent.revokedAt !== null) parts.push('its token was revoked')
  if (drainingSince !== null) parts.push(`draining since ${drainingSince.toISOString().slice(11, 16)} UTC`)
  else if (condition?.refusal) parts.push(`takes nothing new: ${condition.refusal}`)
  if (agent.rivalAt !== null && Date.now() - agent.rivalAt.getTime() < rivalGoneAfterMs)
    parts.push(`another process, on ${agent.rivalHost}, wants to be it and is refused`)
  return parts.join(', ') || 'has not said how it stands'
}
