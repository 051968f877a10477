import type { QueueWait, TaskLimit, WaitFacts } from '@rondo/model'

/** What a job waits for, in words, with what to do about it. */
export interface WaitReason {
  readonly kind: 'jobs' | 'approval' | 'lock' | 'limit' | 'no-agent' | 'room' | 'none'
  readonly text: string
  /** How many go before it; null where there is no line. */
  readonly ahead: number | null
  /** Milliseconds until it is expected to start; null: nobody can say. */
  readonly expectedMs: number | null
}

const tenMinutes = 600_000

/** Plain function of the facts: the same for the page, the API and the terminal. */
export function explainWait(facts: WaitFacts): WaitReason {
  switch (facts.status) {
    case 'blocked':
      return reason('jobs', `It waits for ${facts.requires.join(', ') || 'its workflow'}.`)
    case 'on_hold':
      return reason('approval', 'It waits for somebody to approve it.')
    case 'not_running':
      return lockReason(facts)
    default:
      return facts.queue === null ? reason('none', 'It does not wait.') : queueReason(facts.queue)
  }
}

function lockReason({ lock }: WaitFacts): WaitReason {
  if (lock === null) return reason('none', 'It has its lock and goes on.')
  const holder =
    lock.holder === null
      ? 'is being handed over'
      : `is held by pipeline ${lock.holder.pipelineNumber} of ${lock.holder.projectSlug}`
  return { ...reason('lock', `The lock ${lock.key} ${holder}.`), ahead: lock.ahead }
}

function queueReason(queue: QueueWait): WaitReason {
  const { ahead } = queue
  if (queue.limit !== null) return { ...reason('limit', limitText(queue.limit)), ahead }
  if (queue.fittingAgents === 0 && queue.refusals.length > 0)
    return { ...reason('no-agent', refusalText(queue.refusals)), ahead }
  if (queue.fittingAgents === 0) {
    const others =
      queue.otherAgents === 0 ? 'no agent is connected at all' : 'those that are connected run other executors'
    return {
      ...reason(
        'no-agent',
        `No agent runs ${queue.executor} jobs (class ${queue.resourceClass}): ${others}. Start one.`,
      ),
      ahead,
    }
  }
  const byRate =
    queue.startsInTenMinutes === 0 ? null : Math.round(((ahead + 1) / queue.startsInTenMinutes) * tenMinutes)
  const expectedMs = queue.expectedMs ?? byRate
  const text = `It waits for room on ${queue.fittingAgents === 1 ? 'the agent' : `one of ${queue.fittingAgents} agents`} that ${queue.fittingAgents === 1 ? 'runs' : 'run'} ${queue.executor} jobs; ${ahead} ${ahead === 1 ? 'task is' : 'tasks are'} ahead of it.`
  return { kind: 'room', text, ahead, expectedMs }
}

function refusalText(refusals: QueueWait['refusals']): string {
  const each = refusals.map(({ agent, why }) => `${agent}: ${why}`).join(' ')
  return refusals.length === 1
    ? `The agent that could run it takes nothing new. ${each}`
    : `The ${refusals.length} agents that could run it take nothing new. ${each}`
}

function limitText(limit: TaskLimit): string {
  const whose =
    limit.organizationId === null ? 'this installation' : limit.projectId === null ? 'its organisation' : 'its project'
  const tasks = limit.maxTasks === 1 ? 'task' : 'tasks'
  const which = limit.resourceClass === null ? tasks : `${tasks} of class ${limit.resourceClass}`
  return limit.maxTasks === 0
    ? `New work of ${whose} is blocked. An administrator can let it go on.`
    : `At most ${limit.maxTasks} ${which} of ${whose} may run at once, and so many do.`
}

function reason(kind: WaitReason['kind'], text: string): WaitReason {
  return { kind, text, ahead: null, expectedMs: null }
}
