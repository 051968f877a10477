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
    status: statusOf(agent, running.filter((task) => task.agentId === agent.id && task.held).length),
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

export function taskView(task: RunningTask): RunningTaskView {
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

/** `2 of 4 tasks, draining since 11:20 UTC`; `kept`: environments of failed jobs that stay beside them, of which draining leaves none. */
function statusOf(agent: Agent, kept: number): string {
  const { condition, drainingSince, silentMs } = agent
  const parts = condition === null ? [] : [`${Math.max(0, condition.tasks - kept)} of ${condition.maxTasks} tasks`]
  if (condition?.waitingForSsh) parts.push(`${condition.waitingForSsh} of them for SSH`)
  if (kept > 0) parts.push(drainingSince === null ? `${kept} kept for owners` : `ends ${kept} kept for owners`)
  const silent = silentMs > agentSilentAfterMs
  if (silent) parts.push(`not heard of for ${roughly(silentMs)}`)
  if (agent.revokedAt !== null) parts.push('its token was revoked')
  if (drainingSince !== null) parts.push(`draining since ${moment(drainingSince)} UTC`)
  else if (silent && condition?.draining && condition.tasks === 0) parts.push('it was asked at its machine to end')
  else if (condition?.refusal) parts.push(`takes nothing new: ${condition.refusal}`)
  if (agent.rivalAt !== null && Date.now() - agent.rivalAt.getTime() < rivalGoneAfterMs)
    parts.push(`another process, on ${agent.rivalHost}, wants to be it and is refused`)
  return parts.join(', ') || 'has not said how it stands'
}

/** `46 s`, `19 min`, `5 h`, `3 days`: the unit of which there are at least two. */
function roughly(ms: number): string {
  const units = [
    [86_400_000, 'days'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const
  const [size, name] = units.find(([size]) => ms >= 2 * size) ?? [1_000, 's']
  return `${Math.floor(ms / size)} ${name}`
}

/** `11:20` of today, and with the day before it of another. */
function moment(at: Date): string {
  const [day, time] = [at.toISOString().slice(0, 10), at.toISOString().slice(11, 16)]
  return day === new Date().toISOString().slice(0, 10) ? time : `${day} ${time}`
}
