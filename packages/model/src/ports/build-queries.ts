import type { Artifact, JobImage, TestResult } from '../build-data.ts'
import type { HistoryEntry } from '../event.ts'
import type { Job, JobWithPlan } from '../job.ts'
import type { Result } from '../outcome.ts'
import type { Pipeline, PipelineConfig, PipelineValues } from '../pipeline.ts'
import type { Project } from '../project.ts'
import type { StepRecord, Task } from '../task.ts'
import type { Workflow } from '../workflow.ts'
import type { Page, PageRequest } from './page.ts'

export interface PipelineFilter {
  readonly organizationId?: string
  readonly projectId?: string
  readonly branch?: string
  readonly triggeredBy?: string
  /** Only what this user may see; left out for administrators. */
  readonly visibleTo?: string
}

/** A job with everything a page or an API answer shows around it. */
export interface JobContext {
  readonly job: JobWithPlan
  readonly workflow: Workflow
  readonly pipeline: Pipeline
  readonly project: Project
  readonly tasks: readonly Task[]
}

/**
 * Reads over pipelines, workflows, jobs and what they left. Undefined means: there is no such thing. A job that a rerun kept is
 * answered with the number, the times and the words of the job that ran.
 */
export interface BuildQueries {
  pipeline(id: string): Promise<Pipeline | undefined>
  pipelineByNumber(projectId: string, number: number): Promise<Pipeline | undefined>
  pipelineConfig(id: string): Promise<PipelineConfig | undefined>
  /** Values of `pipeline.*` that its config was compiled with; empty for a pipeline that has none. */
  pipelineValues(id: string): Promise<PipelineValues>
  /** Newest first. */
  pipelines(filter: PipelineFilter, page: PageRequest): Promise<Page<Pipeline>>
  /** Names of the schedules that made pipelines, by the pipeline's id; none for others. A schedule may be gone since. */
  schedulesThatMade(pipelineIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  workflow(id: string): Promise<Workflow | undefined>
  /** Oldest first; reruns after what they rerun. */
  workflowsOf(pipelineIds: readonly string[]): Promise<readonly Workflow[]>
  /** In the order of the config. */
  jobsOf(workflowIds: readonly string[]): Promise<readonly Job[]>
  job(id: string): Promise<JobContext | undefined>
  jobByNumber(projectId: string, number: number): Promise<JobContext | undefined>
  /** The newest workflow that a job is part of: reruns that keep it count. */
  newestWorkflowWith(context: Pick<JobContext, 'job' | 'workflow'>): Promise<Workflow>
  /** Jobs with a number, newest first; `branch` and `status` narrow. For API v1.1. */
  recentJobs(
    filter: PipelineFilter & { readonly statuses?: readonly Job['status'][] },
    limit: number,
    offset: number,
  ): Promise<readonly JobContext[]>
  /** What came before builds and who may enter them, by job id. For API v1.1. */
  originsOf(jobIds: readonly string[]): Promise<ReadonlyMap<string, BuildOrigin>>
  /** Every try at a job's tasks, the newest of each slice first. The steps and output of each stay reachable. */
  attemptsOf(jobId: string): Promise<readonly TriedAttempt[]>
  /** Steps of the newest attempt of every task of the job, by task index and step index. */
  stepsOf(jobId: string): Promise<readonly StepRecord[]>
  step(id: string): Promise<(StepRecord & { readonly jobId: string; readonly projectId: string }) | undefined>
  artifactsOf(jobId: string): Promise<readonly Artifact[]>
  testsOf(jobId: string): Promise<readonly TestResult[]>
  /** By position; of several slices the first that told. */
  imagesOf(jobId: string): Promise<readonly JobImage[]>
  /** The history of a pipeline, oldest first. */
  eventsOf(pipelineId: string, page: PageRequest): Promise<Page<HistoryEntry>>
  /**
   * What happened to a project, newest first: what its pipelines came of, what made none (a push that was to be skipped), and what was
   * set, limited and made for it.
   */
  eventsOfProject(projectId: string, page: PageRequest): Promise<Page<HistoryEntry>>
}

/** Where a build comes from, beside what its pipeline and workflow tell. */
export interface BuildOrigin {
  /** Number of the job of its name in the workflow that its own reruns; null: there is none, or it never had a number. */
  readonly retryOf: number | null
  /** Ids of those who may enter it over SSH, first who asked for that; empty: it is closed. */
  readonly sshUsers: readonly string[]
}

/** A try at a task: who made it, and what became of it. */
export interface TriedAttempt {
  readonly id: string
  readonly slice: number
  readonly number: number
  readonly agentName: string
  readonly phase: 'claimed' | 'running' | 'finished'
  readonly result: Result | null
  /** It was lost, and its task is run anew. */
  readonly retried: boolean
  readonly claimedAt: Date
  readonly finishedAt: Date | null
  readonly steps: readonly StepRecord[]
}
