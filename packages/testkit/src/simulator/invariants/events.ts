import type { NewEvent } from '@rondo/model'
import type { Commit } from '../memory-database.ts'
import type { Report } from './rules.ts'

/** Rule 2: events lead from the old status to the new one without a gap, each by a step that the table has (rule 18). */
export function follow(
  events: readonly NewEvent[],
  ends: { readonly from: string; readonly to: string },
  allowed: (from: string, to: string) => boolean,
  what: string,
  report: Report,
): void {
  let at = ends.from
  for (const event of events) {
    const to = String(event.data?.to)
    if (event.data?.from !== at)
      report(2, `an event of ${what} starts from ${String(event.data?.from)}, not from ${at}`)
    if (!allowed(at, to)) report(18, `${what} became ${to}, which is no next status of ${at}`)
    at = to
  }
  if (at !== ends.to) report(2, `${what} became ${ends.to}, and its events end at ${at}`)
}

/** Rule 2, the other way round: no event without its change. */
export function eventTold(event: NewEvent, commit: Commit, report: Report): void {
  if (!/^(job|workflow)\.(changed|finished)$/.test(event.kind)) return
  const [table, id] = event.kind.startsWith('job') ? ['jobs', event.jobId] : ['workflows', event.workflowId]
  const changed = commit.changes.some(
    (change) => change.table === table && (change.after as { id: string } | undefined)?.id === id,
  )
  if (!changed) report(2, `an event ${event.kind} to ${String(event.data?.to)} tells of a change nobody made`)
}
