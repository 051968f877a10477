import type {
  BuildQueries,
  JobContext,
  JobImage,
  Page,
  PageRequest,
  PipelineConfig,
  PipelineFilter,
  PipelineValues,
  TestResult,
  TriedAttempt,
} from '@rondo/model'
import { AppError } from '@rondo/model'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import { buildOrigins } from './build-origins.ts'
import type { Database, Runner } from './database.ts'
import { historyPage, projectHistory } from './history.ts'
import { madeBySchedules } from './made-by-schedules.ts'
import {
  type JobRow,
  type JobWithPlanRow,
  type PipelineRow,
  type ProjectRow,
  pipelineColumns,
  projectColumns,
  type StepRow,
  shownJobColumns,
  stepColumns,
  type TaskRow,
  taskColumns,
  type WorkflowRow,
  workflowColumns,
} from './rows.ts'

const shownJobs = sql`jobs j left join jobs k on k.id = j.kept_from`

/** Reads over pipelines, workflows and jobs. A page is a handful of statements, never one a row. */
export function createBuildQueries(database: Database): BuildQueries {
  const pipelineWhere = async (where: Sql) =>
    (await database.rows<PipelineRow>(sql`select ${pipelineColumns} from pipelines pl where ${where}`))[0]
  return {
    pipeline: (id) => pipelineWhere(sql`pl.id = ${id}`),
    pipelineByNumber: (projectId, number) => pipelineWhere(sql`pl.project_id = ${projectId} and pl.number = ${number}`),
    pipelineConfig: async (id) =>
      (
        await database.rows<PipelineConfig>(sql`
          select source, compiled, plan, case when setup_source is not null then
            jsonb_build_object('source', setup_source, 'compiled', setup_compiled, 'plan', setup_plan) end as setup
          from pipeline_configs where pipeline_id = ${id}`)
      )[0],
    pipelineValues: async (id) =>
      (
        await database.rows<{ values: PipelineValues }>(
          sql`select pipeline_values as values from pipeline_configs where pipeline_id = ${id}`,
        )
      )[0]?.values ?? {},
    pipelines: (filter, page) => pipelinePage(database, filter, page),
    schedulesThatMade: (ids) => madeBySchedules(database, ids),
    workflow: async (id) =>
      (
        await database.rows<WorkflowRow>(
          sql`select ${workflowColumns} from workflows w join pipelines wp on wp.id = w.pipeline_id where w.id = ${id}`,
        )
      )[0],
    workflowsOf: (ids) =>
      database.rows<WorkflowRow>(
        sql`select ${workflowColumns} from workflows w join pipelines wp on wp.id = w.pipeline_id where w.pipeline_id = any(${[...ids]}::uuid[]) order by w.created_at, w.id`,
      ),
    jobsOf: (ids) =>
      database.rows<JobRow>(
        sql`select ${shownJobColumns} from ${shownJobs} where j.workflow_id = any(${[...ids]}::uuid[]) order by j.workflow_id, j.position`,
      ),
    job: async (id) => (await jobContexts(database, sql`j.id = ${id}`))[0],
    jobByNumber: async (projectId, number) =>
      (await jobContexts(database, sql`j.project_id = ${projectId} and j.number = ${number}`))[0],
    newestWorkflowWith: async ({ job, workflow }) =>
      (
        await database.rows<WorkflowRow>(sql`
          select ${workflowColumns} from workflows w join pipelines wp on wp.id = w.pipeline_id
          where w.pipeline_id = ${workflow.pipelineId} and exists (select from jobs j where j.workflow_id = w.id and j.kept_from = ${job.id})
          order by w.id desc limit 1`)
      )[0] ?? workflow,
    recentJobs: (filter, limit, offset) => recentJobs(database, filter, limit, offset),
    originsOf: (jobIds) => buildOrigins(database, jobIds),
    stepsOf: (jobId) =>
      database.rows<StepRow>(
        sql`select ${stepColumns} from tasks t join steps s on s.attempt_id = t.attempt_id where t.job_id = ${jobId} order by s.task_index, s.index`,
      ),
    attemptsOf: async (jobId) => {
      const attempts = await database.rows<Omit<TriedAttempt, 'steps'>>(sql`
        select a.id, t.index as slice, a.number, g.name as "agentName", a.phase, a.result, t.attempt_id is distinct from a.id and (t.attempt_id is not null or t.phase <> 'finished') as retried, a.claimed_at as "claimedAt", a.finished_at as "finishedAt"
        from tasks t join attempts a on a.task_id = t.id join agents g on g.id = a.agent_id where t.job_id = ${jobId} order by t.index, a.number desc`)
      const steps = await database.rows<StepRow>(
        sql`select ${stepColumns} from steps s where s.attempt_id = any(${attempts.map((attempt) => attempt.id)}::uuid[]) order by s.index`,
      )
      return attempts.map((attempt) => ({ ...attempt, steps: steps.filter((step) => step.attemptId === attempt.id) }))
    },
    step: async (id) =>
      (
        await database.rows<StepRow & { jobId: string; projectId: string }>(sql`
        select ${stepColumns}, j.id as "jobId", j.project_id as "projectId"
        from steps s join attempts a on a.id = s.attempt_id join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id where s.id = ${id}`)
      )[0],
    artifactsOf: async (jobId) => {
      const rows = await database.rows<{ nodeIndex: number; path: string; digest: string; size: number }>(sql`
        select node_index as "nodeIndex", path, digest, size from artifacts where job_id = ${jobId} order by node_index, path`)
      return rows.map(({ digest, size, ...row }) => ({ jobId, ...row, object: { digest, size } }))
    },
    testsOf: (jobId) =>
      database.rows<TestResult>(
        sql`select name, classname, file, result, message, run_time as "runTime", source from test_results where job_id = ${jobId} order by id`,
      ),
    imagesOf: (jobId) =>
      database.rows<JobImage>(
        sql`select distinct on (position) position, image, digest from job_images where job_id = ${jobId} order by position, node_index`,
      ),
    eventsOf: (pipelineId, page) => historyPage(database, pipelineId, page),
    eventsOfProject: (projectId, page) => projectHistory(database, projectId, page),
  }
}

function conditions(filter: PipelineFilter): Sql {
  const parts = [sql`true`]
  if (filter.projectId !== undefined) parts.push(sql`pl.project_id = ${filter.projectId}`)
  if (filter.organizationId !== undefined)
    parts.push(sql`pl.project_id in (select id from projects where organization_id = ${filter.organizationId})`)
  if (filter.branch !== undefined) parts.push(sql`pl.git->>'branch' = ${filter.branch}`)
  if (filter.triggeredBy !== undefined) parts.push(sql`pl.triggered_by = ${filter.triggeredBy}`)
  if (filter.visibleTo !== undefined) {
    parts.push(
      sql`pl.project_id in (select vp.id from projects vp join members m on m.organization_id = vp.organization_id where m.user_id = ${filter.visibleTo})`,
    )
  }
  return join(parts, ' and ')
}

/** Ids are version 7, so their order is the order of creation and the last id of a page is its token. */
async function pipelinePage(database: Database, filter: PipelineFilter, page: PageRequest): Promise<Page<PipelineRow>> {
  const after = page.token === undefined ? empty : sql`and pl.id < ${pageToken(page.token)}`
  const items = await database.rows<PipelineRow>(
    sql`select ${pipelineColumns} from pipelines pl where ${conditions(filter)} ${after} order by pl.id desc limit ${page.limit + 1}`,
  )
  const shown = items.slice(0, page.limit)
  return { items: shown, next: items.length > page.limit ? (shown.at(-1)?.id ?? null) : null }
}

function pageToken(token: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(token)) return token
  throw new AppError(
    'bad-request',
    `The page token "${token.slice(0, 80)}" is not one of ours. Start again without it.`,
  )
}

async function recentJobs(
  database: Database,
  filter: Parameters<BuildQueries['recentJobs']>[0],
  limit: number,
  offset: number,
): Promise<readonly JobContext[]> {
  const statuses = filter.statuses === undefined ? empty : sql`and j.status = any(${[...filter.statuses]})`
  const ids = await database.rows<{ id: string }>(sql`
    select j.id from jobs j join workflows w on w.id = j.workflow_id join pipelines pl on pl.id = w.pipeline_id
    where j.number is not null and ${conditions(filter)} ${statuses} order by j.created_at desc, j.number desc limit ${limit} offset ${offset}`)
  const contexts = await jobContexts(database, sql`j.id = any(${ids.map((row) => row.id)}::uuid[])`)
  const byId = new Map(contexts.map((context) => [context.job.id, context]))
  return ids.flatMap((row) => byId.get(row.id) ?? [])
}

async function jobContexts(runner: Runner, where: Sql): Promise<readonly JobContext[]> {
  const jobs = await runner.rows<JobWithPlanRow>(
    sql`select ${shownJobColumns}, j.plan from ${shownJobs} where ${where}`,
  )
  if (jobs.length === 0) return []
  const ids = jobs.map((job) => job.id)
  const workflows = await runner.rows<WorkflowRow>(sql`
    select ${workflowColumns} from workflows w join pipelines wp on wp.id = w.pipeline_id where w.id = any(${jobs.map((job) => job.workflowId)}::uuid[])`)
  const [pipelines, projects, tasks] = await Promise.all([
    runner.rows<PipelineRow>(
      sql`select ${pipelineColumns} from pipelines pl where pl.id = any(${workflows.map((workflow) => workflow.pipelineId)}::uuid[])`,
    ),
    runner.rows<ProjectRow>(
      sql`select ${projectColumns} from projects p join organizations o on o.id = p.organization_id where p.id = any(${jobs.map((job) => job.projectId)}::uuid[])`,
    ),
    runner.rows<TaskRow>(sql`select ${taskColumns} from tasks t where t.job_id = any(${ids}::uuid[]) order by t.index`),
  ])
  return jobs.flatMap((job) => {
    const workflow = workflows.find((row) => row.id === job.workflowId)
    const pipeline = pipelines.find((row) => row.id === workflow?.pipelineId)
    const project = projects.find((row) => row.id === job.projectId)
    if (!workflow || !pipeline || !project) return []
    return [{ job, workflow, pipeline, project, tasks: tasks.filter((task) => task.jobId === job.id) }]
  })
}
