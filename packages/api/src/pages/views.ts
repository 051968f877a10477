import {
  type Job,
  type JobContext,
  type Pipeline,
  type Project,
  projectSlug,
  type StepRecord,
  type Workflow,
} from '@rondo/model'
import type {
  JobPageView,
  JobView,
  PersonView,
  PipelinePageView,
  PipelineView,
  ProjectView,
  StepView,
  WorkflowView,
} from '@rondo/protocol'
import type { WebPorts } from '../ports.ts'
import { withSizes } from '../step-sizes.ts'

type PagePorts = Pick<WebPorts, 'accounts' | 'queries' | 'holds' | 'output'>

const time = (date: Date | null) => date?.toISOString() ?? null

export function projectView(project: Project, publicUrl: string): ProjectView {
  return {
    id: project.id,
    slug: projectSlug(project),
    organizationName: project.organizationName,
    name: project.name,
    defaultBranch: project.defaultBranch,
    cloneUrl: `${publicUrl}/git/${project.organizationName}/${project.name}.git`,
  }
}

function jobView(job: Job, people: ReadonlyMap<string, PersonView>): JobView {
  return {
    id: job.id,
    name: job.name,
    type: job.type,
    number: job.number,
    status: job.status,
    requires: job.requires.map((requirement) => requirement.node),
    parallelism: job.parallelism,
    queuedAt: time(job.queuedAt),
    startedAt: time(job.startedAt),
    stoppedAt: time(job.stoppedAt),
    approvedBy: job.approvedBy === null ? null : (people.get(job.approvedBy) ?? null),
    message: job.message,
  }
}

/** One pipeline for its own page. */
export async function pipelinePage(ports: WebPorts, pipeline: Pipeline, publicUrl: string): Promise<PipelinePageView> {
  const [view] = await pipelineViews(ports, [pipeline], publicUrl)
  return { ...view!, warnings: pipeline.warnings }
}

/** Pipelines with their workflows and jobs, in as many statements as for one. */
export async function pipelineViews(
  ports: PagePorts,
  pipelines: readonly Pipeline[],
  publicUrl: string,
): Promise<readonly PipelineView[]> {
  const workflows = await ports.queries.workflowsOf(pipelines.map((pipeline) => pipeline.id))
  const jobs = await ports.queries.jobsOf(workflows.map((workflow) => workflow.id))
  const people = await readPeople(ports, [
    ...pipelines.map((pipeline) => pipeline.triggeredBy),
    ...workflows.map((workflow) => workflow.startedBy),
    ...jobs.map((job) => job.approvedBy),
  ])
  const scheduled = pipelines.filter((pipeline) => pipeline.trigger === 'scheduled_pipeline')
  const schedules = await ports.queries.schedulesThatMade(scheduled.map((pipeline) => pipeline.id))
  const projects = new Map<string, Project>()
  for (const id of new Set(pipelines.map((pipeline) => pipeline.projectId))) {
    const project = await ports.accounts.project(id)
    if (project !== undefined) projects.set(id, project)
  }
  return pipelines.map((pipeline) => ({
    id: pipeline.id,
    number: pipeline.number,
    project: projectView(projects.get(pipeline.projectId)!, publicUrl),
    state: pipeline.state,
    errors: pipeline.errors,
    trigger: pipeline.trigger,
    schedule: schedules.get(pipeline.id) ?? null,
    triggeredBy: people.get(pipeline.triggeredBy ?? '') ?? null,
    createdAt: pipeline.createdAt.toISOString(),
    branch: pipeline.git.branch,
    tag: pipeline.git.tag,
    revision: pipeline.git.revision,
    subject: pipeline.git.subject,
    authorName: pipeline.git.authorName,
    workflows: workflows
      .filter((workflow) => workflow.pipelineId === pipeline.id)
      .map((workflow) => workflowView(workflow, jobs, people)),
  }))
}

function workflowView(workflow: Workflow, jobs: readonly Job[], people: ReadonlyMap<string, PersonView>): WorkflowView {
  return {
    id: workflow.id,
    name: workflow.name,
    status: workflow.status,
    createdAt: workflow.createdAt.toISOString(),
    stoppedAt: time(workflow.stoppedAt),
    rerunOf: workflow.rerunOf,
    startedBy: people.get(workflow.startedBy ?? '') ?? null,
    autoRerunNumber: workflow.autoRerunNumber,
    maxAutoReruns: workflow.maxAutoReruns,
    jobs: jobs.filter((job) => job.workflowId === workflow.id).map((job) => jobView(job, people)),
  }
}

async function readPeople(ports: PagePorts, ids: readonly (string | null)[]): Promise<ReadonlyMap<string, PersonView>> {
  const people = new Map<string, PersonView>()
  for (const id of new Set(ids)) {
    const user = id === null ? undefined : await ports.accounts.user(id)
    if (user !== undefined) people.set(user.id, { id: user.id, login: user.login })
  }
  return people
}

export async function jobPage(ports: PagePorts, context: JobContext, publicUrl: string): Promise<JobPageView> {
  const { job, workflow, pipeline, tasks } = context
  const shown = job.keptFrom ?? job.id
  // How it stands is read first: what says that a job has ended stands beside all that the job has.
  const pipelines = await pipelineViews(ports, [pipeline], publicUrl)
  const [steps, artifacts, tests, images, holds] = await Promise.all([
    ports.queries.stepsOf(shown).then((found) => withSizes(found, ports.output)),
    ports.queries.artifactsOf(shown),
    ports.queries.testsOf(shown),
    ports.queries.imagesOf(shown),
    ports.holds.ofJob(shown),
  ])
  const pipelinePart = pipelines[0]!
  const workflowPart = pipelinePart.workflows.find((candidate) => candidate.id === workflow.id)!
  const slices = tasks.length > 0 ? tasks : [{ index: 0, phase: 'finished' as const, result: null, attempts: 1 }]
  return {
    job: {
      ...workflowPart.jobs.find((candidate) => candidate.id === job.id)!,
      executor: job.executor,
      resourceClass: job.resourceClass,
      contexts: job.contexts,
    },
    workflow: workflowPart,
    pipeline: pipelinePart,
    slices: slices.map((task) => ({
      index: task.index,
      phase: task.phase,
      result: task.result,
      attempt: task.attempts,
      heldUntil: holds.find((hold) => hold.slice === task.index)?.until.toISOString() ?? null,
      steps: steps.filter((step) => step.taskIndex === task.index).map(stepView),
    })),
    images: images.map(({ image, digest }) => ({ image, digest })),
    artifacts: artifacts.map((artifact) => ({
      path: artifact.path,
      nodeIndex: artifact.nodeIndex,
      size: artifact.object.size,
      url: `/output/job/${artifact.jobId}/artifacts/${artifact.nodeIndex}/${artifact.path.split('/').map(encodeURIComponent).join('/')}`,
    })),
    tests: tests.map(({ source: _source, ...test }) => test),
  }
}

export function stepView(step: StepRecord): StepView {
  const { attemptId: _attempt, taskIndex: _slice, startedAt, finishedAt, ...rest } = step
  return { ...rest, startedAt: startedAt.toISOString(), finishedAt: time(finishedAt) }
}
