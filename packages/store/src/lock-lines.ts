import type { LockLine, LockLineEntry } from '@rondo/model'
import sql, { empty } from 'sql-template-tag'
import type { Runner } from './database.ts'
import { blockedWork } from './lock-queue.ts'
import { orgSlug, projectSlugColumn } from './slug-columns.ts'

type Row = LockLineEntry & Pick<LockLine, 'organizationSlug' | 'key' | 'waiting'> & { readonly held: boolean }

/** The port says what is meant. One look at the queue, which holds what is held and waited for now and nothing of before. */
export async function lockLines(
  runner: Runner,
  { organizationId, places }: { readonly organizationId: string | null; readonly places: number },
): Promise<readonly LockLine[]> {
  const rows = await runner.rows<Row>(sql`
    select ${orgSlug} as "organizationSlug", q.key, q.held, q.waiting, ${projectSlugColumn} as "projectSlug", q.pipeline_number as "pipelineNumber",
      w.id as "workflowId", w.name as "workflowName", j.name as "jobName", ${blockedWork(sql`q`)} as blocked, q.since
    from (select *, count(*) filter (where not held) over (partition by organization_id, key)::int as waiting,
            row_number() over (partition by organization_id, key, held order by id) as place
          from lock_queue ${organizationId === null ? empty : sql`where organization_id = ${organizationId}`}) q
      join projects p on p.id = q.project_id join organizations o on o.id = q.organization_id
      join workflows w on w.id = q.workflow_id join jobs j on j.id = q.job_id
    where q.place <= ${places} order by 1, q.key, q.held desc, q.id`)
  const lines = Map.groupBy(rows, (row) => `${row.organizationSlug} ${row.key}`)
  return [...lines.values()].map((line) => lineOf(line[0]!, line))
}

function lineOf({ organizationSlug, key, waiting }: Row, rows: readonly Row[]): LockLine {
  return {
    organizationSlug,
    key,
    waiting,
    holder: rows.filter((row) => row.held).map(entryOf)[0] ?? null,
    line: rows.filter((row) => !row.held).map(entryOf),
  }
}

function entryOf({ organizationSlug: _slug, key: _key, waiting: _waiting, held: _held, ...entry }: Row): LockLineEntry {
  return entry
}
