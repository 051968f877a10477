import { compile, renderDiagnostic } from '@rondo/config'
import {
  AppError,
  type Clock,
  type EngineStore,
  type EngineTransaction,
  type GitRevision,
  isFinalJobStatus,
  isFinalWorkflowStatus,
  type NewId,
  type Pipeline,
  type PipelineConfig,
  type PipelineError,
  type Plan,
  type Repositories,
  type RerunRequest,
  type TriggerRequest,
  type UserActions,
  type WorkflowSnapshot,
} from '@rondo/model'
import { advance, type StartChecks } from './apply-moves.ts'
import { changeJob, workflowScope } from './change-state.ts'
import { pipelineValues } from './pipeline-values.ts'
import { jobsFor } from './plan-jobs.ts'
import { rerunJobs } from './rerun-jobs.ts'

export interface UserActionsPorts {
  readonly engine: EngineStore
  readonly repositories: Repositories
  readonly publicUrl: string
  readonly clock: Clock
  readonly newId: NewId
}

const configPath = '.circleci/config.yml'
const maxConfigBytes = 1024 * 1024

export function createUserActions(ports: UserActionsPorts): UserActions {
  const { engine } = ports
  const checks = startChecks

  async function changeWorkflow(
    workflowId: string,
    change: (tx: EngineTransaction, snapshot: WorkflowSnapshot) => Promise<void>,
  ): Promise<void> {
    await engine.transact(async (tx) => {
      const snapshot = await tx.lockWorkflow(workflowId)
      if (snapshot === undefined) throw new AppError('not-found', `There is no workflow ${workflowId}.`)
      await change(tx, snapshot)
      await advance(tx, workflowId, checks)
    })
  }

  async function changeOneJob(
    jobId: string,
    change: (tx: EngineTransaction, snapshot: WorkflowSnapshot, job: WorkflowSnapshot['jobs'][number]) => Promise<void>,
  ): Promise<void> {
    const workflowId = await engine.transact((tx) => tx.workflowOfJob(jobId))
    if (workflowId === undefined) throw new AppError('not-found', `There is no job ${jobId}.`)
    await changeWorkflow(workflowId, (tx, snapshot) =>
      change(tx, snapshot, snapshot.jobs.find((job) => job.id === jobId)!),
    )
  }

  return {
    trigger: (request) => trigger(ports, checks, request),
    approve: (jobId, actorId) =>
      changeOneJob(jobId, async (tx, snapshot, job) => {
        if (job.type !== 'approval') throw new AppError('conflict', `Job ${job.name} is not an approval.`)
        if (job.status !== 'on_hold')
          throw new AppError('conflict', `Job ${job.name} does not wait for approval; it is ${job.status}.`)
        await changeJob(tx, snapshot, job, 'success', { approvedBy: actorId })
        await tx.append({ ...workflowScope(snapshot), kind: 'job.approved', jobId, actorId })
      }),
    cancelWorkflow: (workflowId, actorId) =>
      changeWorkflow(workflowId, async (tx, snapshot) => {
        if (isFinalWorkflowStatus(snapshot.workflow.status)) return
        for (const job of snapshot.jobs) await cancelIfOpen(tx, snapshot, job, actorId)
        await tx.saveWorkflow(workflowId, snapshot.workflow.status, actorId)
      }),
    cancelJob: (jobId, actorId) => changeOneJob(jobId, (tx, snapshot, job) => cancelIfOpen(tx, snapshot, job, actorId)),
    rerun: (request) => rerun(ports, checks, request),
  }
}

async function cancelIfOpen(
  tx: EngineTransaction,
  snapshot: WorkflowSnapshot,
  job: WorkflowSnapshot['jobs'][number],
  actorId: string | null,
): Promise<void> {
  if (isFinalJobStatus(job.status)) return
  await changeJob(tx, snapshot, job, 'canceled', actorId === null ? {} : { canceledBy: actorId })
  if (job.status !== 'blocked') await tx.stopTasks(job.id, 'canceled')
}

/** Asked within the deciding transaction, on its own connection. */
export const startChecks: StartChecks = {
  async missingContexts(tx, organizationId, contexts) {
    const known = new Set(await tx.contextNames(organizationId))
    return contexts.filter((name) => !known.has(name))
  },
}

async function trigger(
  ports: UserActionsPorts,
  checks: StartChecks,
  request: TriggerRequest,
): Promise<Pipeline | undefined> {
  const repository = { organization: request.project.organizationName, name: request.project.name }
  const git = await ports.repositories.resolve(repository, request.ref)
  if (git === undefined)
    throw new AppError(
      'not-found',
      `Branch or tag ${request.ref.branch ?? request.ref.tag ?? request.ref.revision} was not found in ${repository.organization}/${repository.name}. Push it first.`,
    )
  if (request.trigger === 'webhook' && asksToSkip(git)) return undefined
  const source = await readSource(ports.repositories, repository, git)
  const reserved = await ports.engine.transact((tx) => tx.reservePipeline(request.project.id))
  const compiled = compileSource(ports, request, git, reserved, source)
  return ports.engine.transact(async (tx) => {
    const errors = compiled.errors
    const pipeline = await tx.createPipeline({
      ...reserved,
      projectId: request.project.id,
      state: errors.length > 0 ? 'errored' : 'created',
      errors,
      trigger: request.trigger,
      triggeredBy: request.actorId,
      git,
      parameters: compiled.parameters,
      config: compiled.config,
    })
    await tx.append({
      kind: errors.length > 0 ? 'pipeline.errored' : 'pipeline.created',
      organizationId: request.project.organizationId,
      projectId: request.project.id,
      pipelineId: pipeline.id,
      actorId: request.actorId,
      data: { number: pipeline.number },
    })
    if (compiled.config.plan !== null) await createWorkflows(tx, ports, checks, pipeline, compiled.config.plan)
    return pipeline
  })
}

/** `[skip ci]` or `[ci skip]` within the first 250 characters of the head commit's message (semantics 27). */
function asksToSkip(git: GitRevision): boolean {
  return /\[(skip ci|ci skip)\]/i.test(`${git.subject}\n\n${git.body}`.slice(0, 250))
}

type Source = { readonly text: string } | { readonly error: PipelineError }

async function readSource(
  repositories: Repositories,
  repository: Parameters<Repositories['readFile']>[0],
  git: GitRevision,
): Promise<Source> {
  try {
    const bytes = await repositories.readFile(repository, git.revision, configPath, maxConfigBytes)
    if (bytes === undefined) {
      return {
        error: {
          type: 'config-fetch',
          message: `There is no ${configPath} at ${git.revision.slice(0, 12)} on ${git.branch ?? git.tag ?? 'this revision'}. Add one and push again.`,
        },
      }
    }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'too-large')
      return {
        error: { type: 'config', message: `${configPath} is larger than 1 MiB. Split it, or move parts into orbs.` },
      }
    if (cause instanceof TypeError)
      return {
        error: { type: 'config', message: `${configPath} is not text in UTF-8. Save it as UTF-8 and push again.` },
      }
    throw cause
  }
}

interface Compiled {
  readonly config: PipelineConfig
  readonly errors: readonly PipelineError[]
  readonly parameters: Pipeline['parameters']
}

function compileSource(
  ports: UserActionsPorts,
  request: TriggerRequest,
  git: GitRevision,
  reserved: { id: string; number: number },
  source: Source,
): Compiled {
  if ('error' in source)
    return { config: { source: '', compiled: '', plan: null }, errors: [source.error], parameters: {} }
  const values = pipelineValues({
    ...reserved,
    project: request.project,
    git,
    trigger: request.trigger,
    baseRevision: request.baseRevision ?? '',
    publicUrl: ports.publicUrl,
    receivedAt: ports.clock.now(),
  })
  const result = compile(source.text, {
    file: configPath,
    pipelineValues: values,
    pipelineParameters: request.parameters,
  })
  const errors = result.diagnostics
    .filter((diagnostic) => diagnostic.severity === 'error')
    .map((diagnostic): PipelineError => ({ type: 'config', message: renderDiagnostic(diagnostic, source.text) }))
  return {
    config: {
      source: storable(source.text),
      compiled: storable(result.output ?? ''),
      plan: errors.length > 0 ? null : (result.plan ?? null),
    },
    errors: errors.map((error) => ({ ...error, message: storable(error.message) })),
    parameters: result.parameters,
  }
}

/** PostgreSQL's text holds no NUL; a replacement character shows where one stood. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD')
}

async function createWorkflows(
  tx: EngineTransaction,
  ports: UserActionsPorts,
  checks: StartChecks,
  pipeline: Pipeline,
  plan: Plan,
): Promise<void> {
  for (const workflow of plan.workflows) {
    if (workflow.schedules.length > 0) continue
    const jobs = jobsFor(plan, workflow, pipeline.git, ports.newId)
    if (jobs.length === 0) continue
    const id = await tx.createWorkflow({
      pipelineId: pipeline.id,
      projectId: pipeline.projectId,
      name: workflow.name,
      status: 'running',
      startedBy: pipeline.triggeredBy,
      rerunOf: null,
      workspaceId: null,
      jobs,
    })
    await tx.append({
      kind: 'workflow.created',
      projectId: pipeline.projectId,
      pipelineId: pipeline.id,
      workflowId: id,
      data: { name: workflow.name },
    })
    await advance(tx, id, checks)
  }
}

async function rerun(ports: UserActionsPorts, checks: StartChecks, request: RerunRequest): Promise<string> {
  return ports.engine.transact(async (tx) => {
    const snapshot = await tx.lockWorkflow(request.workflowId)
    if (snapshot === undefined) throw new AppError('not-found', `There is no workflow ${request.workflowId}.`)
    const { workflow } = snapshot
    if (!isFinalWorkflowStatus(workflow.status))
      throw new AppError(
        'conflict',
        `Workflow ${workflow.name} is still ${workflow.status}. Cancel it or wait for its end, then rerun it.`,
      )
    const jobs = rerunJobs(snapshot.jobs, request, ports.newId)
    if (jobs.every((job) => job.keptFrom !== null))
      throw new AppError('conflict', `Nothing failed in workflow ${workflow.name}. Rerun it from the start instead.`)
    const keepsWorkspace = jobs.some((job) => job.keptFrom !== null)
    const id = await tx.createWorkflow({
      pipelineId: workflow.pipelineId,
      projectId: workflow.projectId,
      name: workflow.name,
      status: 'running',
      startedBy: request.actorId,
      rerunOf: workflow.id,
      workspaceId: keepsWorkspace ? workflow.workspaceId : null,
      jobs,
    })
    await tx.append({
      ...workflowScope(snapshot),
      kind: 'workflow.created',
      workflowId: id,
      actorId: request.actorId,
      data: { name: workflow.name, rerunOf: workflow.id },
    })
    await advance(tx, id, checks)
    return id
  })
}
