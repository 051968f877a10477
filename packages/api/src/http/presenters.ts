import {
  type Artifact,
  type Job,
  type JobContext,
  type Organization,
  type Pipeline,
  type Project,
  projectSlug,
  type StepRecord,
  type User,
  type Workflow,
} from '@rondo/model'

/** What API v2 shows of each record (reference/api, 3.1). Rows never leave as they are. */

export function presentPipeline(
  pipeline: Pipeline,
  project: Project,
  actor: User | undefined,
  publicUrl: string,
): object {
  const { git } = pipeline
  const url = `${publicUrl}/git/${project.organizationName}/${project.name}`
  return {
    id: pipeline.id,
    number: pipeline.number,
    project_slug: projectSlug(project),
    created_at: pipeline.createdAt,
    updated_at: pipeline.updatedAt,
    state: pipeline.state,
    errors: pipeline.errors,
    warnings: [],
    trigger: {
      type: pipeline.trigger,
      received_at: pipeline.triggeredAt,
      actor: { login: actor?.login ?? '', avatar_url: null },
    },
    trigger_parameters: {},
    vcs: {
      provider_name: 'GitHub',
      origin_repository_url: url,
      target_repository_url: url,
      revision: git.revision,
      ...(git.branch === null ? {} : { branch: git.branch }),
      ...(git.tag === null ? {} : { tag: git.tag }),
      commit: { subject: git.subject, body: git.body },
    },
  }
}

export function presentWorkflow(workflow: Workflow, project: Project): object {
  return {
    id: workflow.id,
    name: workflow.name,
    status: workflow.status,
    project_slug: projectSlug(project),
    pipeline_id: workflow.pipelineId,
    pipeline_number: workflow.pipelineNumber,
    ...(workflow.setup ? { tag: 'setup' } : {}),
    started_by: workflow.startedBy ?? '00000000-0000-0000-0000-000000000000',
    created_at: workflow.createdAt,
    stopped_at: workflow.stoppedAt,
    ...(workflow.canceledBy === null ? {} : { canceled_by: workflow.canceledBy }),
  }
}

export function presentWorkflowJob(job: Job, jobs: readonly Job[], project: Project): object {
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
    requires: Object.fromEntries(upstream.map((entry) => [entry.id, entry.statuses])),
    ...(job.type === 'approval' ? { approval_request_id: job.id } : {}),
    ...(job.approvedBy === null ? {} : { approved_by: job.approvedBy }),
    ...(job.canceledBy === null ? {} : { canceled_by: job.canceledBy }),
  }
}

export function presentJob(
  { job, workflow, pipeline, project, tasks }: JobContext,
  organization: Organization | undefined,
  publicUrl: string,
): object {
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
    parallel_runs: tasks.map((task) => ({
      index: task.index,
      status:
        task.phase === 'finished' ? (task.result === 'passed' ? 'success' : (task.result ?? 'failed')) : task.phase,
    })),
    executor: { type: job.executor, resource_class: job.resourceClass ?? 'medium' },
    messages: job.message === null ? [] : [{ type: 'error', message: job.message }],
    contexts: job.contexts.map((name) => ({ name })),
    latest_workflow: { id: workflow.id, name: workflow.name },
    pipeline: { id: pipeline.id },
    project: {
      id: project.id,
      slug: projectSlug(project),
      name: project.name,
      external_url: `${publicUrl}/git/${project.organizationName}/${project.name}`,
    },
    organization: { name: organization?.name ?? project.organizationName },
  }
}

export function presentProject(project: Project, publicUrl: string): object {
  return {
    id: project.id,
    slug: projectSlug(project),
    name: project.name,
    organization_name: project.organizationName,
    organization_slug: projectSlug(project).split('/').slice(0, 2).join('/'),
    organization_id: project.organizationId,
    vcs_info: {
      vcs_url: `${publicUrl}/git/${project.organizationName}/${project.name}`,
      provider: 'GitHub',
      default_branch: project.defaultBranch,
    },
  }
}

export function presentArtifact(artifact: Artifact, publicUrl: string): object {
  const path = artifact.path.split('/').map(encodeURIComponent).join('/')
  return {
    path: artifact.path,
    node_index: artifact.nodeIndex,
    url: `${publicUrl}/output/job/${artifact.jobId}/artifacts/${artifact.nodeIndex}/${path}`,
  }
}

const lifecycles: Readonly<Record<string, string>> = {
  blocked: 'not_running',
  queued: 'queued',
  not_running: 'not_running',
  running: 'running',
  on_hold: 'not_running',
  not_run: 'not_run',
}
const outcomes: Readonly<Record<string, string>> = {
  success: 'success',
  failed: 'failed',
  canceled: 'canceled',
  timedout: 'timedout',
  infrastructure_fail: 'infrastructure_fail',
  unauthorized: 'failed',
}

/** The build object of API v1.1 (reference/api, 4.1), without its steps. */
export function presentBuild(context: JobContext, actor: User | undefined, publicUrl: string): Record<string, unknown> {
  const { job, workflow, pipeline, project } = context
  const outcome = outcomes[job.status] ?? null
  return {
    vcs_url: `${publicUrl}/git/${project.organizationName}/${project.name}`,
    vcs_type: project.vcsType,
    username: project.organizationName,
    reponame: project.name,
    build_num: job.number,
    build_url: `${publicUrl}/job/${job.id}`,
    platform: '2.0',
    fleet: 'picard',
    job_name: job.name,
    branch: pipeline.git.branch,
    vcs_tag: pipeline.git.tag,
    vcs_revision: pipeline.git.revision,
    subject: pipeline.git.subject,
    body: pipeline.git.body,
    author_name: pipeline.git.authorName,
    author_email: pipeline.git.authorEmail,
    committer_name: pipeline.git.authorName,
    committer_email: pipeline.git.authorEmail,
    all_commit_details: [],
    pull_requests: [],
    why: pipeline.trigger === 'webhook' ? 'github' : 'api',
    user: {
      is_user: actor !== undefined,
      login: actor?.login ?? null,
      name: actor?.name ?? null,
      avatar_url: null,
      vcs_type: project.vcsType,
      id: actor?.id ?? null,
    },
    build_parameters: { CIRCLE_JOB: job.name },
    lifecycle: lifecycles[job.status] ?? 'finished',
    outcome,
    status: outcome ?? lifecycles[job.status] ?? 'not_run',
    canceled: job.status === 'canceled',
    failed: job.status === 'failed' || null,
    timedout: job.status === 'timedout',
    infrastructure_fail: job.status === 'infrastructure_fail',
    fail_reason: job.message,
    usage_queued_at: job.createdAt,
    queued_at: job.queuedAt,
    start_time: job.startedAt,
    stop_time: job.stoppedAt,
    build_time_millis: job.startedAt && job.stoppedAt ? job.stoppedAt.getTime() - job.startedAt.getTime() : null,
    retry_of: null,
    previous: null,
    previous_successful_build: null,
    parallel: job.parallelism,
    picard: {
      resource_class: { class: job.resourceClass ?? 'medium', name: job.resourceClass ?? 'medium' },
      executor: job.executor,
      build_agent: null,
    },
    ssh_disabled: true,
    ssh_users: [],
    no_dependency_cache: false,
    oss: false,
    messages: [],
    workflows: {
      workflow_name: workflow.name,
      workflow_id: workflow.id,
      workspace_id: workflow.workspaceId,
      job_name: job.name,
      job_id: job.id,
      upstream_job_ids: [],
      upstream_concurrency_map: {},
    },
  }
}

/** Steps of a build, slices of one step side by side. */
export function presentSteps(steps: readonly StepRecord[], publicUrl: string): readonly object[] {
  const byIndex = Map.groupBy(steps, (step) => step.index)
  return [...byIndex.entries()].map(([index, slices]) => ({
    name: slices[0]?.name,
    actions: slices.map((step) => ({
      name: step.name,
      type: step.type,
      status:
        step.phase === 'finished' ? (step.result === 'passed' ? 'success' : (step.result ?? 'failed')) : 'running',
      index: step.taskIndex,
      step: index,
      parallel: true,
      bash_command: step.command,
      exit_code: step.exitCode,
      start_time: step.startedAt,
      end_time: step.finishedAt,
      run_time_millis: step.finishedAt ? step.finishedAt.getTime() - step.startedAt.getTime() : null,
      output_url: `${publicUrl}/api/private/steps/${step.id}/output`,
      has_output: step.outputBytes > 0,
      truncated: step.truncated,
      background: step.background,
      failed: step.result === 'failed' || null,
      canceled: step.result === 'canceled' || null,
      timedout: step.result === 'timed-out' || null,
      messages: [],
      source: 'config',
      insignificant: false,
    })),
  }))
}
