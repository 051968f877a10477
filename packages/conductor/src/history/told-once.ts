import type { EventRecord } from '@rondo/model'

/**
 * The history without the events that say again what the one before them has said: a job that becomes queued tells so, and the same
 * transaction tells the queue of it for the dispatcher's log.
 */
export function toldOnce<Entry extends Pick<EventRecord, 'kind'>>(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(({ kind }) => kind !== 'task.queued')
}
