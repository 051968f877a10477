import { AppError, type HistoryEntry, type Page, type PageRequest } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'
import { type EventRow, toEvent } from './rows.ts'

type Row = EventRow & Pick<HistoryEntry, 'actorLogin' | 'workflowName' | 'jobName'>

/** One page of a pipeline's events, oldest first; the id of the last one is the token of the next page. */
export async function historyPage(runner: Runner, pipelineId: string, page: PageRequest): Promise<Page<HistoryEntry>> {
  const rows = await runner.rows<Row>(sql`
    select e.id, e.at, e.kind, e.organization_id as "organizationId", e.project_id as "projectId", e.pipeline_id as "pipelineId",
      e.workflow_id as "workflowId", e.job_id as "jobId", e.actor_id as "actorId", e.data, e.xid::text as xid,
      u.login as "actorLogin", w.name as "workflowName", j.name as "jobName"
    from events e left join users u on u.id = e.actor_id left join workflows w on w.id = e.workflow_id left join jobs j on j.id = e.job_id
    where e.pipeline_id = ${pipelineId} and e.id > ${afterOf(page.token)} order by e.id limit ${page.limit + 1}`)
  const shown = rows.slice(0, page.limit)
  return {
    items: shown.map(({ actorLogin, workflowName, jobName, ...event }) => ({
      ...toEvent(event),
      actorLogin,
      workflowName,
      jobName,
    })),
    next: rows.length > page.limit ? String(shown.at(-1)?.id) : null,
  }
}

function afterOf(token: string | undefined): number {
  if (token === undefined) return 0
  if (/^\d{1,15}$/.test(token)) return Number(token)
  throw new AppError(
    'bad-request',
    `The page token "${token.slice(0, 80)}" is not one of ours. Start again without it.`,
  )
}
