import type { RetentionKind } from '@rondo/model'
import sql, { empty, type Sql } from 'sql-template-tag'

/** Tables of what jobs left, with its bytes. */
export const leftByJobs = {
  artifacts: sql`artifacts`,
  workspaces: sql`workspace_layers`,
  'test-results': sql`test_results`,
} as const
export type LeftByJobs = keyof typeof leftByJobs

export const before = (days: number): Sql => sql`now() - ${days} * interval '1 day'`

/** Jobs whose workspace a workflow that has not ended may attach: its own, and those that a rerun kept. */
const neededJobs = (projectId: string): Sql => sql`needed as (
    select o.stopped_at, o.id from workflows w join jobs j on j.workflow_id = w.id join jobs o on o.id = coalesce(j.kept_from, j.id)
    where w.project_id = ${projectId} and w.stopped_at is null and o.stopped_at is not null)`

/**
 * Jobs behind the mark that ended too long ago, in the order of their ends. The mark never comes past a workspace that is
 * needed; what ended after it waits until nothing needs it any more.
 */
export function dueJobs(projectId: string, kind: RetentionKind, days: number, limit: Sql): Sql {
  const kept = kind === 'workspaces'
  return sql`${kept ? sql`${neededJobs(projectId)}, ` : empty}due as (
    select j.id, j.stopped_at from jobs j left join retention_marks m on m.project_id = j.project_id and m.kind = ${kind}
    where j.project_id = ${projectId} and j.number is not null and j.stopped_at < ${before(days)}
      and (m.project_id is null or (j.stopped_at, j.id) > (m.stopped_at, m.job_id))
      ${kept ? sql`and not exists (select from needed n where (n.stopped_at, n.id) <= (j.stopped_at, j.id))` : empty}
    order by j.stopped_at, j.id ${limit})`
}

/** A job may ask for its caches to be kept for less than the policy says, never for more. */
export const oldCaches = (projectId: string, days: number): Sql => sql`project_id = ${projectId}
  and (created_at < ${before(days)} or (keep_days is not null and created_at < now() - keep_days * interval '1 day'))`
