import type { EventRecord } from '@rondo/model'
import { describeAdministration } from './describe-administration.ts'
import { howMade, placeOf } from './how-made.ts'
import { howRerun } from './how-rerun.ts'
import { ofSchedule } from './of-schedule.ts'

/** What happened and why, in words. */
export interface EventText {
  readonly what: string
  /** The decision behind it; null when the fact speaks for itself. */
  readonly why: string | null
}

/** The line an administrator reads in a pipeline's history. Who and when stand beside it. */
export function describeEvent(event: Pick<EventRecord, 'kind' | 'data'>): EventText {
  const reasons = [failedStep(event.data.failedStep), text(event.data.because) ?? text(event.data.message)]
  return { what: what(event), why: reasons.filter((reason) => reason !== undefined).join(': ') || null }
}

function what({ kind, data }: Pick<EventRecord, 'kind' | 'data'>): string {
  const name = text(data.name) ?? ''
  const change = `${text(data.from) ?? '?'} → ${text(data.to) ?? '?'}`
  const slice = `slice ${Number(data.slice ?? 0)}`
  switch (kind) {
    case 'pipeline.created':
      return `${pipelineName(data)} created${howMade(data)}`
    case 'pipeline.errored':
      return `${pipelineName(data)} could not be ${data.from === undefined ? `made${howMade(data)}` : 'continued'}`
    case 'pipeline.changed':
      return data.to === 'pending'
        ? `${pipelineName(data)} is to be continued: a config for it was accepted`
        : `${pipelineName(data)} is continued with that config`
    case 'pipeline.canceled':
      return 'pipeline canceled'
    case 'push.skipped':
      return `no pipeline by a push${placeOf(data)}`
    case 'schedule.skipped':
      return `no pipeline${ofSchedule(data)}`
    case 'branch.deleted':
      return `branch ${text(data.branch) ?? '?'} deleted`
    case 'setting.changed':
    case 'limit.changed':
    case 'token.made':
    case 'token.revoked':
    case 'namespace.created':
    case 'namespace.changed':
    case 'namespace.deleted':
    case 'orb.created':
    case 'orb.changed':
    case 'orb.published':
      return describeAdministration(kind, data)
    case 'workflow.created':
      return `workflow ${name} created${howRerun(data)}`
    case 'workflow.omitted':
      return `workflow ${name} left out`
    case 'workflow.canceled':
      return `workflow ${name} canceled`
    case 'workflow.changed':
    case 'workflow.finished':
      return `workflow ${name}: ${change}`
    case 'job.created':
      return `job ${name} created`
    case 'job.changed':
    case 'job.finished':
      return `job ${name}: ${change}`
    case 'lock.given':
      return `lock ${text(data.key) ?? '?'} taken over after ${seconds(data.waitedMs)} s`
    case 'lock.released':
      return `lock ${text(data.key) ?? '?'} given back${data.to === undefined ? '' : `; ${text(data.to) ?? '?'} has it next`}`
    case 'job.approved':
      return 'approved'
    case 'task.queued':
      return 'queued'
    case 'task.promoted':
      return 'put before all others in the queue'
    case 'task.claimed':
      return `${slice} taken by agent ${text(data.agent) ?? '?'} as attempt ${data.attempt}, after ${seconds(data.waitedMs)} s`
    case 'task.started':
      return `${slice} started`
    case 'task.finished':
      return `${slice} ended: ${text(data.result) ?? '?'}`
    case 'task.requeued':
      return `${slice} queued again after attempt ${data.attempt}`
    case 'hold.began':
      return `${slice} kept after its failure for ${Math.round(Number(data.forMs) / 60_000)} minutes`
    case 'hold.ordered':
      return `${slice}, kept after its failure: ${text(data.order) ?? '?'}`
    case 'hold.ended':
      return `${slice} is kept no longer${whyKeptNoLonger[text(data.because) ?? ''] ?? ''}`
    case 'ssh.admitted':
      return 'entered over SSH'
    case 'agent.drained':
      return `agent ${text(data.agent) ?? '?'} asked to take nothing new`
    case 'agent.resumed':
      return `agent ${text(data.agent) ?? '?'} asked to go on`
    case 'agent.joined':
      return `agent ${text(data.agent) ?? '?'} joined by the token ${text(data.token) ?? '?'}`
    case 'agent.token-made':
      return `${text(data.kind) === 'join' ? 'joining token' : 'token of agent'} ${text(data.name) ?? '?'} made`
    case 'agent.token-revoked':
      return `${text(data.kind) === 'join' ? 'joining token' : 'token of agent'} ${text(data.name) ?? '?'} revoked`
    case 'step.started':
      return `${slice}: step ${data.index} ${name} started`
    case 'step.finished':
      return `${slice}: step ${[data.index, name].join(' ').trim()} ended: ${text(data.result) ?? '?'}${howStepEnded(data)}`
    case 'output.damaged':
      return 'the output of a step is damaged'
    default:
      return kind
  }
}

const whyKeptNoLonger: Readonly<Record<string, string>> = {
  over: ': its time is over',
  released: ': it was given back',
  drained: ': its agent is drained',
}

/** With which step a job failed, and how. */
function failedStep(step: unknown): string | undefined {
  if (typeof step !== 'object' || step === null) return undefined
  const data = step as EventRecord['data']
  const slice = typeof data.slice === 'number' ? `slice ${data.slice}: ` : ''
  return `${slice}step ${data.index} ${text(data.name) ?? ''} ${data.result === 'timed-out' ? 'timed out' : 'failed'}${howStepEnded(data)}`
}

/** Its exit status, unless it is that of success, and how often it had been run again; older servers say neither. */
function howStepEnded({ exitCode, reruns }: EventRecord['data']): string {
  const status = typeof exitCode === 'number' && exitCode !== 0 ? `, exit code ${exitCode}` : ''
  if (typeof reruns !== 'number' || reruns === 0) return status
  return `${status}, after ${reruns} automatic ${reruns === 1 ? 'rerun' : 'reruns'}`
}

/** Events of older servers do not always have its number. */
function pipelineName({ number }: EventRecord['data']): string {
  return typeof number === 'number' ? `pipeline ${number}` : 'the pipeline'
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function seconds(value: unknown): string {
  return (Number(value ?? 0) / 1000).toFixed(1)
}
