import { type Job, type Project, projectSlug, type Workflow } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { Id, Nullable, Time, Words } from '../shapes.ts'
import { jobStatuses } from './job.ts'
import { systemActor } from './system-actor.ts'

const workflowStatuses = [
  'success',
  'running',
  'not_run',
  'failed',
  'error',
  'failing',
  'on_hold',
  'canceled',
  'unauthorized',
] as const

export const WorkflowShape = Type.Object({
  id: Id,
  name: Type.String(),
  status: Words(workflowStatuses),
  project_slug: Type.String(),
  pipeline_id: Id,
  pipeline_number: Type.Integer(),
  started_by: Id,
  created_at: Time,
  stopped_at: Nullable(Time),
  canceled_by: Type.Optional(Id),
  tag: Type.Optional(Words(['setup'])),
  /** How often it is rerun by itself; left out where it never is. */
  max_auto_reruns: Type.Optional(Type.Integer()),
  /** Which of these reruns this is, from 1; left out for others. */
  auto_rerun_number: Type.Optional(Type.Integer()),
})

export function presentWorkflow(workflow: Workflow, project: Project): Static<typeof WorkflowShape> {
  return {
    id: workflow.id,
    name: workflow.name,
    status: workflow.status,
    project_slug: projectSlug(project),
    pipeline_id: workflow.pipelineId,
    pipeline_number: workflow.pipelineNumber,
    ...(workflow.setup ? { tag: 'setup' as const } : {}),
    started_by: workflow.startedBy ?? systemActor.id,
    created_at: workflow.createdAt,
    stopped_at: workflow.stoppedAt,
    // Known from the first canceled job on, and true only once it decides how the workflow ends.
    ...(workflow.status === 'canceled' && workflow.canceledBy !== null ? { canceled_by: workflow.canceledBy } : {}),
    ...(workflow.maxAutoReruns === 0 ? {} : { max_auto_reruns: workflow.maxAutoReruns }),
    ...(workflow.autoRerunNumber === 0 ? {} : { auto_rerun_number: workflow.autoRerunNumber }),
  }
}

export const WorkflowJobShape = Type.Object({
  id: Id,
  name: Type.String(),
  type: Words(['build', 'approval']),
  status: Words(jobStatuses),
  project_slug: Type.String(),
  job_number: Type.Optional(Type.Integer()),
  started_at: Nullable(Time),
  stopped_at: Nullable(Time),
  dependencies: Type.Array(Id),
  requires: Type.Record(Type.String(), Type.Array(Type.String())),
  approval_request_id: Type.Optional(Id),
  approved_by: Type.Optional(Id),
  canceled_by: Type.Optional(Id),
})

export function presentWorkflowJob(job: Job, jobs: readonly Job[], project: Project): Static<typeof WorkflowJobShape> {
  const upstream = job.requires.flatMap((requirement) =>
    jobs
      .filter((other) => other.name === requirement.node)
      .map((other) => ({ id: other.id, statuses: requirement.statuses })),
  )
  return {
    id: job.id,
    name: job.name,
    type: job.type === 'approval' ? 'approval' : 'build',
    status: job.status,
    project_slug: projectSlug(project),
    ...(job.number === null ? {} : { job_number: job.number }),
    started_at: job.startedAt,
    stopped_at: job.stoppedAt,
    dependencies: upstream.map((entry) => entry.id),
    requires: Object.fromEntries(upstream.map((entry) => [entry.id, [...entry.statuses]])),
    ...(job.type === 'approval' ? { approval_request_id: job.id } : {}),
    ...(job.approvedBy === null ? {} : { approved_by: job.approvedBy }),
    ...(job.canceledBy === null ? {} : { canceled_by: job.canceledBy }),
  }
}
