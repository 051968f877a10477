import type { Continuation, Pipeline, PullRequests, RepositoryNames } from './pipeline.ts'
import type { RefRequest } from './ports/repositories.ts'
import type { Project } from './project.ts'
import type { RequestKey } from './request-key.ts'

export interface TriggerRequest {
  readonly project: Project
  readonly trigger: Pipeline['trigger']
  readonly actorId: string | null
  /** A push names both its branch and the revision it brought. */
  readonly ref: RefRequest
  readonly parameters: Readonly<Record<string, unknown>>
  /** The config of another ref, or this text, instead of the one at the commit that is built. */
  readonly config?: { readonly ref: RefRequest } | { readonly text: string }
  /** Run only this part of the config. */
  readonly only?: PlanSelection
  /** Names that shall be of approval jobs: whoever asks is about to approve them. */
  readonly approvals?: readonly string[]
  /** Commit before a push, for `pipeline.git.base_revision`. */
  readonly baseRevision?: string
  /** What a push said of its pull requests. */
  readonly pullRequests?: PullRequests | undefined
  /** The branch that config and jobs are told, of a revision that no branch holds. */
  readonly asBranch?: string | undefined
  /** What the repository is called, where that is not its project's name. */
  readonly calledAs?: RepositoryNames | undefined
  /** The run of a schedule: it happens once, and the schedule moves on with it. */
  readonly schedule?: ScheduledRun
  /** Sent again with the same key, it answers the same pipeline. */
  readonly once?: RequestKey | undefined
}

export interface ScheduledRun {
  readonly id: string
  readonly name: string
  readonly dueAt: Date
  readonly nextAt: Date | null
  /** Only this workflow; null: those without a schedule of their own. */
  readonly workflow: string | null
}

/** One workflow, or one job without its workflow. */
export interface PlanSelection {
  /** Name of a workflow, of a job of one workflow, or `WORKFLOW/JOB`. */
  readonly name: string
  /** With a job: run also what it requires. */
  readonly withRequired: boolean
}

export interface RerunRequest {
  readonly workflowId: string
  readonly actorId: string | null
  /** Keep what succeeded. */
  readonly fromFailed: boolean
  /** Rerun these jobs and what depends on them; excludes `fromFailed`. */
  readonly jobIds?: readonly string[]
  /** Opens the chosen jobs over SSH, for whoever asked. */
  readonly enableSsh?: boolean
  /** Asked again with the same key, it answers the same workflow. */
  readonly once?: RequestKey | undefined
}

/** Sent by a job of a setup workflow; the key is all the authority there is. */
export interface ContinueRequest extends Continuation {
  readonly key: string
  readonly once?: RequestKey | undefined
}

/** What users (and integrations on their behalf) can do to pipelines. Permission is checked by the caller. What is asked for again with the same `once` is done once. */
export interface UserActions {
  /**
   * Makes a pipeline. A missing or wrong config gives a pipeline in state `errored` with the reasons. Undefined: the
   * head commit asked to be skipped (`[skip ci]`, `[ci skip]`; pushes only), or the branch or tag of a schedule is gone; the history
   * of the project says so. AppError `not-found`: no such branch or tag, for everybody else.
   */
  trigger(request: TriggerRequest): Promise<Pipeline | undefined>
  /**
   * Goes on with a pipeline after its setup phase: once, and within six hours (semantics 22). What is wrong with the
   * configuration or the parameters is shown on the pipeline, which then is `errored`. AppError `forbidden`: not a key of
   * ours; `conflict`: continued before, expired, or not in its setup phase.
   */
  continuePipeline(request: ContinueRequest): Promise<void>
  /** A branch is gone, and with it the schedules that its config asked for. What runs of it goes on. */
  branchDeleted(project: Project, branch: string, actorId: string | null, once?: RequestKey): Promise<void>
  /** AppError `conflict` when the job does not wait for approval (any more). */
  approve(jobId: string, actorId: string, once?: RequestKey): Promise<void>
  /**
   * Cancels all workflows of a pipeline that have not ended, and what its continuation would still start. One that has ended stays
   * as it is.
   */
  cancelPipeline(pipelineId: string, actorId: string | null, once?: RequestKey): Promise<void>
  /** A workflow that has ended stays as it is. */
  cancelWorkflow(workflowId: string, actorId: string | null, once?: RequestKey): Promise<void>
  cancelJob(jobId: string, actorId: string | null, once?: RequestKey): Promise<void>
  /** Cancels builds that an administrator picked out of the queue together, one after the other; each says that it was one of them. */
  cancelBatch(jobIds: readonly string[], actorId: string): Promise<void>
  /** Answers the id of the new workflow. AppError `conflict` when there is nothing to rerun. */
  rerun(request: RerunRequest): Promise<string>
}
