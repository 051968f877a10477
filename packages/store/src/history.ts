import {
  type AdministrationEntry,
  AppError,
  type EventKind,
  type HistoryEntry,
  type Page,
  type PageRequest,
} from '@rondo/model'
import sql, { empty, raw } from 'sql-template-tag'
import type { Runner } from './database.ts'
import { type EventRow, toEvent } from './rows.ts'
import { orgSlug, projectSlugColumn } from './slug-columns.ts'

type Row = EventRow & Pick<HistoryEntry, 'actorLogin' | 'workflowName' | 'jobName'>

const columns =
  raw(`e.id, e.at, e.kind, e.organization_id as "organizationId", e.project_id as "projectId", e.pipeline_id as "pipelineId",
  e.workflow_id as "workflowId", e.job_id as "jobId", e.actor_id as "actorId", e.data, e.xid::text as xid, u.login as "actorLogin"`)

/** What happened to a project, newest first: what its pipelines came of, and what is about no pipeline. */
export async function projectHistory(
  runner: Runner,
  projectId: string,
  page: PageRequest,
): Promise<Page<HistoryEntry>> {
  const rows = await runner.rows<Row>(sql`
    select ${columns}, null as "workflowName", null as "jobName"
    from (select * from events where project_id = ${projectId} and workflow_id is null and (pipeline_id is null or kind = any(${[...ofPipelines]}))
      and id < ${beforeOf(page.token)} order by id desc limit ${page.limit + 1}) e left join users u on u.id = e.actor_id order by e.id desc`)
  return pageOf(rows, page, toEntry)
}

const ofPipelines: readonly EventKind[] = ['pipeline.created', 'pipeline.errored', 'pipeline.canceled']

/** One page of a pipeline's events, oldest first. */
export async function historyPage(runner: Runner, pipelineId: string, page: PageRequest): Promise<Page<HistoryEntry>> {
  const rows = await runner.rows<Row & { stepName: string | null; failedStep: object | null }>(sql`
    select ${columns}, w.name as "workflowName", j.name as "jobName", s.name as "stepName", case when ${failed} then ${failedStepOf} end as "failedStep"
    from events e left join users u on u.id = e.actor_id left join workflows w on w.id = e.workflow_id left join jobs j on j.id = e.job_id
      left join steps s on s.id = case when e.kind = 'step.finished' then (e.data->>'stepId')::uuid end
    where e.pipeline_id = ${pipelineId} and e.id > ${afterOf(page.token)} order by e.id limit ${page.limit + 1}`)
  // The event of a step's end does not repeat its name, and that of a job's end none of its steps.
  return pageOf(rows, page, ({ stepName, failedStep, ...row }) => {
    const more = { ...(stepName === null ? {} : { name: stepName }), ...(failedStep === null ? {} : { failedStep }) }
    return toEntry({ ...row, data: { ...row.data, ...more } })
  })
}

const failed = raw(`e.kind = 'job.finished' and e.data->>'to' in ('failed', 'timedout')`)

/** The step with which a job `j` began to fail: what fails later runs because of it, and what fails in the background fails nothing. */
const failedStepOf = raw(`(
  select jsonb_build_object('index', f.index, 'name', f.name, 'result', f.result, 'exitCode', f.exit_code, 'reruns', f.reruns)
    || case when j.parallelism > 1 then jsonb_build_object('slice', f.task_index) else '{}' end
  from tasks t join steps f on f.attempt_id = t.attempt_id
  where t.job_id = j.id and f.result in ('failed', 'timed-out') and not f.background order by f.finished_at, f.task_index, f.index limit 1)`)

/** As the indexes of migration 0070 have them, to the letter: a query that names other kinds reads all events there are. */
const administrationKinds: readonly EventKind[] = [
  'setting.changed',
  'limit.changed',
  'task.promoted',
  'agent.drained',
  'agent.resumed',
  'agent.joined',
  'agent.token-made',
  'agent.token-revoked',
  'token.made',
  'token.revoked',
  'namespace.created',
  'namespace.changed',
  'namespace.deleted',
  'orb.created',
  'orb.changed',
  'orb.published',
]
const ofAdministration = raw(`kind in (${administrationKinds.map((kind) => `'${kind}'`).join(', ')})`)

/** What administrators did in an organisation, or (null) everywhere, newest first. */
export async function administrationHistory(
  runner: Runner,
  organizationId: string | null,
  page: PageRequest,
): Promise<Page<AdministrationEntry>> {
  const rows = await runner.rows<Row & Pick<AdministrationEntry, 'place'>>(sql`
    select ${columns}, w.name as "workflowName", j.name as "jobName", case when p.id is not null then ${projectSlugColumn} when o.id is not null then ${orgSlug} end as place
    from (select * from events where ${ofAdministration} ${organizationId === null ? empty : sql`and organization_id = ${organizationId}`}
        and id < ${beforeOf(page.token)} order by id desc limit ${page.limit + 1}) e
      left join users u on u.id = e.actor_id left join workflows w on w.id = e.workflow_id left join jobs j on j.id = e.job_id
      left join projects p on p.id = e.project_id left join organizations o on o.id = coalesce(e.organization_id, p.organization_id) order by e.id desc`)
  return pageOf(rows, page, ({ place, ...row }) => ({ ...toEntry(row), place }))
}

/** One row more than the page holds was asked for; the id of its last one is the token of the next page. */
function pageOf<Read extends Row, Entry>(
  rows: readonly Read[],
  { limit }: PageRequest,
  entry: (row: Read) => Entry,
): Page<Entry> {
  const shown = rows.slice(0, limit)
  return { items: shown.map(entry), next: rows.length > limit ? String(shown.at(-1)?.id) : null }
}

function toEntry({ actorLogin, workflowName, jobName, ...event }: Row): HistoryEntry {
  return { ...toEvent(event), actorLogin, workflowName, jobName }
}

function afterOf(token: string | undefined): number {
  return token === undefined ? 0 : idOf(token)
}

function beforeOf(token: string | undefined): number {
  return token === undefined ? Number.MAX_SAFE_INTEGER : idOf(token)
}

function idOf(token: string): number {
  if (/^\d{1,15}$/.test(token)) return Number(token)
  throw new AppError(
    'bad-request',
    `The page token "${token.slice(0, 80)}" is not one of ours. Start again without it.`,
  )
}
