import type { ExpectedStart, JobsBefore, LockWait, QueueWait, TaskLimit, WaitFacts } from '@rondo/model'

/** What a job waits for, in words, with what to do about it. */
export interface WaitReason {
  readonly kind: 'jobs' | 'approval' | 'lock' | 'limit' | 'no-agent' | 'room' | 'none'
  readonly text: string
  /** How many go before it; null where there is no line. */
  readonly ahead: number | null
  /** Milliseconds until it is expected to start; null: nobody can say. */
  readonly expectedMs: number | null
  /** Why nobody can say when it starts; null: somebody can, or it does not wait. */
  readonly unknown: string | null
}

const tenMinutes = 600_000

/** Plain function of the facts: the same for the page, the API and the terminal. `expected`: as foretold, if it is. */
export function explainWait(facts: WaitFacts, expected?: ExpectedStart): WaitReason {
  const expectedMs = expected?.inMs ?? null
  switch (facts.status) {
    case 'blocked':
      return { ...jobsReason(facts.before), ahead: null, ...foretold(expectedMs, jobsUnknown(facts.before)) }
    case 'on_hold': {
      const text = 'It waits for somebody to approve it.'
      return { kind: 'approval', text, ahead: null, ...foretold(null, 'Nobody can say when that will be') }
    }
    case 'not_running':
      return facts.lock === null ? none('It has its lock and goes on.') : lockReason(facts.lock, expectedMs)
    default:
      return facts.queue === null ? none('It does not wait.') : queueReason(facts.queue, expected)
  }
}

function jobsReason({ requires }: JobsBefore): Pick<WaitReason, 'kind' | 'text'> {
  return { kind: 'jobs', text: `It waits for ${requires.join(', ') || 'its workflow'}.` }
}

function jobsUnknown({ approvals, unlessPassed }: JobsBefore): string {
  if (unlessPassed.length > 0) return `It starts only if ${unlessPassed.join(', ')} should not pass`
  return approvals.length > 0
    ? `Nobody can say when: somebody has to approve ${approvals.join(', ')} first`
    : 'Nobody can say when: it is not known when the jobs before it will end'
}

function lockReason({ key, ahead, holder, blocked }: LockWait, expectedMs: number | null): WaitReason {
  const free = blocked ? 'is held by nobody' : 'is being handed over'
  const holds = holder === null ? free : `is held by pipeline ${holder.pipelineNumber} of ${holder.projectSlug}`
  const lift = 'An administrator can let it go on.'
  if (blocked) {
    const text = `New work is blocked: it keeps its place in line for the lock ${key}, which ${holds}, and others pass it. ${lift}`
    return { kind: 'lock', text, ahead, ...foretold(null, 'Nobody can say when that will be') }
  }
  const text =
    holder?.blocked === true
      ? `The lock ${key} ${holds}, whose new work is blocked. ${lift}`
      : `The lock ${key} ${holds}.`
  const unknown = 'Nobody can say when: it is not known when those before it will let go of it'
  return { kind: 'lock', text, ahead, ...foretold(expectedMs, unknown) }
}

function queueReason(queue: QueueWait, expected: ExpectedStart | undefined): WaitReason {
  // Who goes before it is foretold too, since turns go by more than age.
  const ahead = expected?.ahead ?? queue.cameBefore
  const expectedMs = expected?.inMs ?? null
  const { limit, refusals, fittingAgents } = queue
  if (limit !== null) {
    // A forecast may be older than the block.
    const when =
      limit.maxTasks === 0 ? foretold(null, 'Nobody can say when that will be') : foretold(expectedMs, tooMuch)
    return { kind: 'limit', text: inSlices(limitText(limit), queue), ahead, ...when }
  }
  if (fittingAgents === 0) {
    const text = refusals.length > 0 ? refusalText(refusals) : agentText(queue)
    return { kind: 'no-agent', text, ahead, ...foretold(null, 'Nobody can say when one will') }
  }
  const text = inSlices(`${roomText(queue, ahead)}${largeText(queue)}`, queue)
  return { kind: 'room', text, ahead, ...foretold(expectedMs ?? byRate(queue, ahead), tooMuch) }
}

const tooMuch = 'Nobody can say when: too much is ahead of it, or too little known'

/** Further back than is foretold: as fast as tasks of its kind were started lately. */
function byRate({ startsInTenMinutes }: QueueWait, ahead: number): number | null {
  return startsInTenMinutes === 0 ? null : Math.round(((ahead + 1) / startsInTenMinutes) * tenMinutes)
}

function roomText({ fittingAgents, executor, promoted, resourceClass }: QueueWait, ahead: number): string {
  const who = fittingAgents === 1 ? 'the agent that runs' : `one of ${fittingAgents} agents that run`
  const put = promoted ? ' An administrator put it before all others.' : ''
  if (ahead === 0)
    return `It is next in line: it starts as soon as ${who} ${executor} jobs has room for its class ${resourceClass}.${put}`
  return `It waits for room on ${who} ${executor} jobs; ${ahead} ${ahead === 1 ? 'task is' : 'tasks are'} ahead of it.${put}`
}

function largeText({ resourceClass, cpus, largestCpus }: QueueWait): string {
  if (largestCpus === null || cpus <= largestCpus) return ''
  return ` Its class ${resourceClass} is larger than every agent, so it is given all ${largestCpus} CPUs of one.`
}

function inSlices(text: string, { slices, waitingSlices }: QueueWait): string {
  return slices === 1 ? text : `${text} ${waitingSlices} of its ${slices} slices wait.`
}

function agentText({ executor, resourceClass, otherAgents }: QueueWait): string {
  const others = otherAgents === 0 ? 'no agent is connected at all' : 'those that are connected run other executors'
  return `No agent runs ${executor} jobs (class ${resourceClass}): ${others}. Start one.`
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
    ? `New work${limit.resourceClass === null ? '' : ` of class ${limit.resourceClass}`} of ${whose} is blocked. An administrator can let it go on.`
    : `At most ${limit.maxTasks} ${which} of ${whose} may run at once, and so many do.`
}

function foretold(expectedMs: number | null, unknown: string): Pick<WaitReason, 'expectedMs' | 'unknown'> {
  return expectedMs === null ? { expectedMs, unknown: `${unknown}.` } : { expectedMs, unknown: null }
}

function none(text: string): WaitReason {
  return { kind: 'none', text, ahead: null, expectedMs: null, unknown: null }
}
