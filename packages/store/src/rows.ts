import type { EventRecord, Job, JobWithPlan, Pipeline, Project, StepRecord, Task, Workflow } from '@rondo/model'
import { defaultProjectSettings } from '@rondo/model'
import { raw } from 'sql-template-tag'

/** Columns as the mappers below expect them; each names its table alias, so that joins can be written plainly. */
const settings = `'${JSON.stringify(defaultProjectSettings)}'::jsonb || p.settings as settings`

export const projectColumns =
  raw(`p.id, p.organization_id as "organizationId", o.vcs_type as "vcsType", o.name as "organizationName",
  p.name, p.default_branch as "defaultBranch", ${settings}, p.created_at as "createdAt"`)

export const pipelineColumns =
  raw(`pl.id, pl.project_id as "projectId", pl.number, pl.state, pl.errors, pl.warnings, pl.trigger, pl.triggered_by as "triggeredBy",
  pl.created_at as "triggeredAt", pl.git, pl.parameters, pl.created_at as "createdAt", pl.updated_at as "updatedAt"`)

export const workflowColumns =
  raw(`w.id, w.pipeline_id as "pipelineId", wp.number as "pipelineNumber", w.project_id as "projectId", w.name, w.setup, w.status,
  w.started_by as "startedBy", w.canceled_by as "canceledBy", null as "erroredBy", w.rerun_of as "rerunOf",
  w.max_auto_reruns as "maxAutoReruns", w.auto_rerun_number as "autoRerunNumber", w.workspace_id as "workspaceId",
  w.created_at as "createdAt", w.stopped_at as "stoppedAt"`)

export const jobColumns =
  raw(`j.id, j.workflow_id as "workflowId", j.project_id as "projectId", j.name, j.type, j.number, j.status, j.requires, j.contexts, j.lock_key as "lockKey",
  j.parallelism, j.resource_class as "resourceClass", j.executor, j.approved_by as "approvedBy", j.canceled_by as "canceledBy", j.message,
  j.kept_from as "keptFrom", j.created_at as "createdAt", j.queued_at as "queuedAt", j.started_at as "startedAt", j.stopped_at as "stoppedAt"`)

/** As `jobColumns`, for whoever looks: a job that a rerun kept is shown as it ran, which is as the job `k` that it was kept from. */
export const shownJobColumns =
  raw(`j.id, j.workflow_id as "workflowId", j.project_id as "projectId", j.name, j.type, coalesce(j.number, k.number) as number, j.status, j.requires, j.contexts, j.lock_key as "lockKey",
  j.parallelism, j.resource_class as "resourceClass", j.executor, coalesce(j.approved_by, k.approved_by) as "approvedBy", coalesce(j.canceled_by, k.canceled_by) as "canceledBy",
  coalesce(j.message, k.message) as message, j.kept_from as "keptFrom", j.created_at as "createdAt", coalesce(k.queued_at, j.queued_at) as "queuedAt",
  coalesce(k.started_at, j.started_at) as "startedAt", coalesce(k.stopped_at, j.stopped_at) as "stoppedAt"`)

export const taskColumns = raw(
  `t.id, t.job_id as "jobId", t.index, t.phase, t.result, t.attempt_id as "attemptId", t.attempts`,
)

export const stepColumns =
  raw(`s.id, s.attempt_id as "attemptId", s.task_index as "taskIndex", s.index, s.name, s.type, s.command, s.phase, s.result,
  s.exit_code as "exitCode", s.reruns, s.background, s.started_at as "startedAt", s.finished_at as "finishedAt", s.output_bytes as "outputBytes", s.truncated,
  s.output_expired as "outputExpired"`)

export const eventColumns =
  raw(`id, at, kind, organization_id as "organizationId", project_id as "projectId", pipeline_id as "pipelineId",
  workflow_id as "workflowId", job_id as "jobId", actor_id as "actorId", data`)

/** Rows whose columns are aliased above are the records already; these names say so where they are read. */
export type ProjectRow = Project
export type PipelineRow = Pipeline
export type WorkflowRow = Workflow
export type JobRow = Job
export type JobWithPlanRow = JobWithPlan
export type TaskRow = Task
export type StepRow = StepRecord
export type EventRow = Omit<EventRecord, 'position'> & { readonly xid: string }

export function toEvent(row: EventRow): EventRecord {
  const { xid, ...event } = row
  return { ...event, position: `${xid}:${row.id}` }
}
