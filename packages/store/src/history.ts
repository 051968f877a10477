import { AppError, type EventKind, type HistoryEntry, type Page, type PageRequest } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Runner } from './database.ts'
import { type EventRow, toEvent } from './rows.ts'

type Row = EventRow & Pick<HistoryEntry, 'actorLogin' | 'workflowName' | 'jobName'>

const columns =
  raw(`e.id, e.at, e.kind, e.organization_id as "organizationId", e.project_id as "projectId", e.pipeline_id as "pipelineId",
  e.workflow_id as "workflowId", e.job_id as "jobId", e.actor_id as "actorId", e.data, e.xid::text as xid, u.login as "actorLogin"`)

/** The newest of what happened to a project, in order of time: what its pipelines came of, and what made none. */
export async function projectHistory(
  runner: Runner,
  projectId: string,
  limit: number,
): Promise<readonly HistoryEntry[]> {
  const rows = await runner.rows<Row>(sql`
    select ${columns}, null as "workflowName", null as "jobName"
    from (select * from events where project_id = ${projectId} and workflow_id is null and (pipeline_id is null or kind = any(${[...ofPipelines]}))
      order by id desc limit ${limit}) e left join users u on u.id = e.actor_id order by e.id`)
  return rows.map(toEntry)
}

const ofPipelines: readonly EventKind[] = ['pipeline.created', 'pipeline.errored', 'pipeline.canceled']

/** One page of a pipeline's events, oldest first; the id of the last one is the token of the next page. */
export async function historyPage(runner: Runner, pipelineId: string, page: PageRequest): Promise<Page<HistoryEntry>> {
  const rows = await runner.rows<Row>(sql`
    select ${columns}, w.name as "workflowName", j.name as "jobName"
    from events e left join users u on u.id = e.actor_id left join workflows w on w.id = e.workflow_id left join jobs j on j.id = e.job_id
    where e.pipeline_id = ${pipelineId} and e.id > ${afterOf(page.token)} order by e.id limit ${page.limit + 1}`)
  const shown = rows.slice(0, page.limit)
  return {
    items: shown.map(toEntry),
    next: rows.length > page.limit ? String(shown.at(-1)?.id) : null,
  }
}

function toEntry({ actorLogin, workflowName, jobName, ...event }: Row): HistoryEntry {
  return { ...toEvent(event), actorLogin, workflowName, jobName }
}

function afterOf(token: string | undefined): number {
  if (token === undefined) return 0
  if (/^\d{1,15}$/.test(token)) return Number(token)
  throw new AppError(
    'bad-request',
    `The page token "${token.slice(0, 80)}" is not one of ours. Start again without it.`,
  )
}
