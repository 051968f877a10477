import { type JobContext, type Organization, projectSlug, type Task } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { Id, Nullable, Time, Words } from '../shapes.ts'
import { repositoryUrl } from './project.ts'
import { resultWord } from './result-word.ts'

export const jobStatuses = [
  'success',
  'running',
  'not_run',
  'failed',
  'retried',
  'queued',
  'not_running',
  'infrastructure_fail',
  'timedout',
  'on_hold',
  'terminated-unknown',
  'blocked',
  'canceled',
  'unauthorized',
] as const

export const JobShape = Type.Object({
  name: Type.String(),
  number: Nullable(Type.Integer()),
  status: Words(jobStatuses),
  web_url: Type.String(),
  created_at: Time,
  queued_at: Time,
  started_at: Nullable(Time),
  stopped_at: Nullable(Time),
  /** Milliseconds. */
  duration: Nullable(Type.Integer()),
  parallelism: Type.Integer(),
  parallel_runs: Type.Array(Type.Object({ index: Type.Integer(), status: Type.String() })),
  executor: Type.Object({ type: Nullable(Type.String()), resource_class: Type.String() }),
  messages: Type.Array(Type.Object({ type: Type.String(), message: Type.String() })),
  contexts: Type.Array(Type.Object({ name: Type.String() })),
  latest_workflow: Type.Object({ id: Id, name: Type.String() }),
  pipeline: Type.Object({ id: Id }),
  project: Type.Object({ id: Id, slug: Type.String(), name: Type.String(), external_url: Type.String() }),
  organization: Type.Object({ name: Type.String() }),
})

export function presentJob(
  { job, workflow, pipeline, project, tasks }: JobContext,
  organization: Organization | undefined,
  publicUrl: string,
): Static<typeof JobShape> {
  return {
    name: job.name,
    number: job.number,
    status: job.status,
    web_url: `${publicUrl}/job/${job.id}`,
    created_at: job.createdAt,
    queued_at: job.queuedAt ?? job.createdAt,
    started_at: job.startedAt,
    stopped_at: job.stoppedAt,
    duration: job.startedAt && job.stoppedAt ? job.stoppedAt.getTime() - job.startedAt.getTime() : null,
    parallelism: job.parallelism,
    parallel_runs: tasks.map((task) => ({ index: task.index, status: sliceStatus(task) })),
    executor: { type: job.executor, resource_class: job.resourceClass ?? 'medium' },
    messages: job.message === null ? [] : [{ type: 'error', message: job.message }],
    contexts: job.contexts.map((name) => ({ name })),
    latest_workflow: { id: workflow.id, name: workflow.name },
    pipeline: { id: pipeline.id },
    project: {
      id: project.id,
      slug: projectSlug(project),
      name: project.name,
      external_url: repositoryUrl(project, publicUrl),
    },
    organization: { name: organization?.name ?? project.organizationName },
  }
}

function sliceStatus(task: Task): string {
  return task.phase === 'finished' ? resultWord(task.result) : task.phase
}
