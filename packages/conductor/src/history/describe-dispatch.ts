import type { DispatchEntry } from '@rondo/model'
import { ofSchedule } from './of-schedule.ts'

/** One line of the dispatcher's log, in the words operators know (ledger L-380, L-383). */
export function describeDispatch(
  entry: Pick<DispatchEntry, 'kind' | 'data' | 'resourceClass' | 'revision' | 'parallelism'>,
): string {
  const { kind, data, resourceClass, parallelism } = entry
  const slice = `task ${Number(data.slice ?? 0)}`
  const attempt = `attempt ${Number(data.attempt ?? 1)}`
  switch (kind) {
    case 'pipeline.created':
      return `config fetched and parsed at ${revisionOf(entry)}: pipeline ${Number(data.number ?? 0)}${ofSchedule(data)}`
    case 'pipeline.errored':
      return `config not usable at ${revisionOf(entry)}: pipeline ${Number(data.number ?? 0)}${ofSchedule(data)}: ${String(data.because ?? '?')}`
    case 'schedule.skipped':
      return `no pipeline${ofSchedule(data)}: ${String(data.because ?? '?')}`
    case 'task.queued':
      return `took the build: resource class ${resourceClass ?? 'medium'}, ${parallelism ?? 1} ${parallelism === 1 ? 'task' : 'tasks'}, in the usage queue`
    case 'task.promoted':
      return 'forwarded to run-queue before all others, by an administrator'
    case 'task.claimed':
      return `forwarded to run-queue and scheduled: ${slice} on ${String(data.agent ?? '?')}, ${attempt}, waited ${(Number(data.waitedMs ?? 0) / 1000).toFixed(1)} s`
    case 'task.started':
      return `start granted: ${slice}`
    case 'task.finished':
      return `usage changed: ${slice} ended, ${String(data.result ?? '?')}`
    case 'task.requeued':
      return `back in the queue: ${slice} after ${attempt}: ${String(data.because ?? '')}`
    default:
      return kind
  }
}

function revisionOf({ revision }: Pick<DispatchEntry, 'revision'>): string {
  return revision?.slice(0, 12) ?? '?'
}
