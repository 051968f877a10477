import {
  AppError,
  type EngineTransaction,
  type GitRevision,
  type NewPipeline,
  type Pipeline,
  type PipelineError,
  type PipelineValues,
  type Plan,
  type Repositories,
  type TriggerRequest,
  toldBranch,
} from '@rondo/model'
import { createWorkflows } from '../workflows/create-workflows.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { becauseOfErrors } from './because-of-errors.ts'
import { type ConfigCompilation, compileConfig, uncompiled } from './compile-config.ts'
import { schedulesOf } from './config-schedules.ts'
import { asksToSkip, leaveOutPush, leaveOutRun } from './leave-out.ts'
import { madeBy, once } from './once.ts'
import { pipelineValues } from './pipeline-values.ts'
import { selectAsked } from './select-asked.ts'
import { setupMistake } from './setup-config.ts'
import type { UserActionsPorts } from './user-actions-ports.ts'

const configPath = '.circleci/config.yml'
const maxConfigBytes = 1024 * 1024

/** Makes a pipeline; see `UserActions.trigger`. A config with `setup: true` makes one that waits to be continued. */
export async function triggerPipeline(
  ports: UserActionsPorts,
  checks: StartChecks,
  request: TriggerRequest,
): Promise<Pipeline | undefined> {
  const { project } = request
  const before = request.once && (await ports.engine.transact((tx) => madeBefore(tx, request)))
  if (before !== undefined) return before
  const repository = { organization: project.organizationName, name: project.name }
  const resolved = await ports.repositories.resolve(repository, request.ref)
  if (resolved === undefined) return leaveOutRun(ports.engine, request)
  const newest = await isNewest(ports.repositories, repository, request, resolved)
  const git = {
    ...resolved,
    ...(request.pullRequests === undefined ? {} : { pullRequests: request.pullRequests }),
    ...(request.asBranch === undefined ? {} : { asBranch: request.asBranch }),
    ...(request.calledAs === undefined ? {} : { calledAs: request.calledAs }),
  }
  if (request.trigger === 'webhook' && asksToSkip(git)) return leaveOutPush(ports.engine, request, git)
  const source = await sourceOf(ports.repositories, repository, git, request.config)
  const { contexts, ...reserved } = await ports.engine.reservePipeline(project.id, request.once)
  const values = pipelineValues({
    ...reserved,
    project,
    git,
    trigger: request.trigger,
    baseRevision: request.baseRevision ?? '',
    publicUrl: ports.publicUrl,
    receivedAt: ports.clock.now(),
    ...(request.schedule === undefined ? {} : { schedule: request.schedule }),
  })
  const whole = await compileSource(ports, request, { values, contexts }, source)
  const part = selectAsked(whole, request, git)
  const refusal = setupMistake(part.config.plan, configPath, { allowed: project.settings.setupWorkflows, git })
  const compiled = refusal === undefined ? part : uncompiled(part.config.source, refusal)
  const made = { ...reserved, git, values, compiled }
  return ports.engine.transact(async (tx) => {
    const fired = request.schedule && (await tx.fireSchedule(request.schedule))
    if (request.schedule !== undefined && fired === undefined) return undefined
    let pipeline: Pipeline | undefined
    const madeId = await once(tx, request.once, async () => {
      pipeline = await makePipeline(tx, ports, checks, request, { ...made, lateMs: fired?.lateMs ?? 0, newest })
      return pipeline.id
    })
    // Another request with the same key may have been faster.
    return pipeline ?? (await tx.lockPipeline(madeId))?.pipeline
  })
}

async function makePipeline(
  tx: EngineTransaction,
  { clock }: Pick<UserActionsPorts, 'clock'>,
  checks: StartChecks,
  request: TriggerRequest,
  {
    compiled,
    git,
    lateMs,
    newest,
    ...made
  }: Pick<NewPipeline, 'id' | 'number' | 'git' | 'values'> & {
    readonly compiled: ConfigCompilation
    /** Of a schedule. */
    readonly lateMs: number
    /** What is built is the newest state of its branch. */
    readonly newest: boolean
  },
): Promise<Pipeline> {
  const { project } = request
  const wanted = {
    ...made,
    git,
    projectId: project.id,
    trigger: request.trigger,
    triggeredBy: request.actorId,
    given: request.parameters,
    ...outcomeOf(compiled),
  }
  // Sent together: what follows needs nothing of what the first is answered with.
  const [pipeline] = await Promise.all([
    tx.createPipeline(wanted),
    fillPipeline(tx, checks, request, { pipeline: wanted, plan: compiled.config.plan, lateMs }),
  ])
  const { plan } = compiled.config
  if (plan !== null && request.trigger === 'webhook' && git.branch !== null && newest)
    await tx.replaceSchedules(project.id, git.branch, schedulesOf(plan, git.branch, clock.now()))
  if (newest && supersedes(request, pipeline)) await tx.addChore('supersede', pipeline.id)
  return pipeline
}

/** The event and the workflows of a pipeline that is being written. */
async function fillPipeline(
  tx: EngineTransaction,
  checks: StartChecks,
  { project, actorId, schedule }: TriggerRequest,
  { pipeline, plan, lateMs }: { readonly pipeline: NewPipeline; readonly plan: Plan | null; readonly lateMs: number },
): Promise<void> {
  await tx.append({
    kind: pipeline.state === 'errored' ? 'pipeline.errored' : 'pipeline.created',
    organizationId: project.organizationId,
    projectId: project.id,
    pipelineId: pipeline.id,
    actorId,
    data: {
      number: pipeline.number,
      state: pipeline.state,
      trigger: pipeline.trigger,
      ...(pipeline.git.branch === null ? {} : { branch: pipeline.git.branch }),
      ...(pipeline.git.tag === null ? {} : { tag: pipeline.git.tag }),
      revision: pipeline.git.revision,
      ...becauseOfErrors(pipeline.errors),
      ...(schedule === undefined ? {} : { schedule: schedule.name, lateMs: Math.max(0, lateMs) }),
    },
  })
  if (plan !== null) await createWorkflows(tx, checks, pipeline, plan, schedule?.workflow ?? null)
}

async function madeBefore(tx: EngineTransaction, { once: key }: TriggerRequest): Promise<Pipeline | undefined> {
  const madeId = key && madeBy(key, await tx.readKey(key))
  return madeId === undefined ? undefined : (await tx.lockPipeline(madeId))?.pipeline
}

/** A revision may be asked for that is not, or when it was pushed, no longer the head of its branch. */
async function isNewest(
  repositories: Repositories,
  repository: Parameters<Repositories['resolve']>[0],
  { ref: { branch, revision }, trigger }: TriggerRequest,
  resolved: GitRevision,
): Promise<boolean> {
  if (revision === undefined) return true
  if (branch === undefined || trigger !== 'webhook') return false
  return (await repositories.resolve(repository, { branch }))?.revision === resolved.revision
}

/** Whether the project wants what older pipelines of the branch started to be canceled (ledger I-039). */
function supersedes({ project, trigger }: TriggerRequest, { state, git: { branch } }: Pipeline): boolean {
  const { autocancelBuilds, autocancelDefaultBranch = false } = project.settings
  if (!autocancelBuilds || state === 'errored' || branch === null) return false
  return (trigger === 'webhook' || trigger === 'api') && (branch !== project.defaultBranch || autocancelDefaultBranch)
}

function outcomeOf(
  compiled: ConfigCompilation,
): Pick<NewPipeline, 'state' | 'errors' | 'warnings' | 'parameters' | 'config'> {
  const { config, errors, warnings, parameters } = compiled
  const setup = config.plan?.setup === true
  return {
    state: errors.length > 0 ? 'errored' : setup ? 'setup' : 'created',
    errors,
    warnings,
    parameters,
    config: setup ? { source: '', compiled: '', plan: null, setup: config } : config,
  }
}

type Source = { readonly text: string } | { readonly error: PipelineError }

/** The config at the commit that is built, unless the request says where else it is. */
async function sourceOf(
  repositories: Repositories,
  repository: Parameters<Repositories['readFile']>[0],
  git: GitRevision,
  config: TriggerRequest['config'],
): Promise<Source> {
  if (config === undefined) return readSource(repositories, repository, git)
  if ('text' in config) return { text: config.text }
  const other = await repositories.resolve(repository, config.ref)
  if (other !== undefined) return readSource(repositories, repository, other)
  throw new AppError(
    'not-found',
    `Branch or tag ${config.ref.branch ?? config.ref.tag}, which should hold the config, was not found in ${repository.organization}/${repository.name}. Push it first.`,
  )
}

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
          message: `There is no ${configPath} at ${git.revision.slice(0, 12)} on ${toldBranch(git) ?? git.tag ?? 'this revision'}. Add one and push again.`,
        },
      }
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // A NUL is UTF-8 to the letter, but in no text, and PostgreSQL holds none.
    if (text.includes('\0')) throw new TypeError('a NUL character')
    return { text }
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

async function compileSource(
  ports: UserActionsPorts,
  request: TriggerRequest,
  known: { readonly values: PipelineValues; readonly contexts: readonly string[] },
  source: Source,
): Promise<ConfigCompilation> {
  if ('error' in source) return uncompiled('', source.error)
  const { organizationId } = request.project
  const { parameters } = request
  return await compileConfig(ports.compiler, source.text, { file: configPath, ...known, parameters, organizationId })
}
