import {
  AppError,
  type Continuation,
  type ContinueRequest,
  type EngineStore,
  type EngineTransaction,
  type NewId,
  type NewPipeline,
  type PipelineError,
  type PipelineInSetup,
} from '@rondo/model'
import type { Compiler } from '../compiler/compiler.ts'
import { createWorkflows } from '../workflows/create-workflows.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { becauseOfErrors } from './because-of-errors.ts'
import { type ConfigCompilation, compileConfig, storable, uncompiled } from './compile-config.ts'
import type { ContinuationKeys } from './continuation-keys.ts'
import { once } from './once.ts'

export interface ContinuePorts {
  readonly engine: EngineStore
  readonly newId: NewId
  readonly compiler: Compiler
  readonly continuationKeys: ContinuationKeys
}

type FinishPorts = Pick<ContinuePorts, 'engine' | 'newId' | 'compiler'>

/** How long after its creation a pipeline may be continued (semantics 27). */
const keyLifeMs = 6 * 3_600_000
const maxParameters = 100
const maxNameLength = 128
const maxValueLength = 512

/**
 * Accepts a continuation, then carries it out. Two transactions: once the first is through, the pipeline is `pending` and
 * whoever comes next finishes it, this process or, when it dies here, the next one (`resumeContinuations`).
 */
export async function continuePipeline(
  ports: ContinuePorts,
  checks: StartChecks,
  request: ContinueRequest,
): Promise<void> {
  const pipelineId = ports.continuationKeys.verify(request.key)
  if (pipelineId === undefined)
    throw new AppError(
      'forbidden',
      'The continuation key is not valid. Send CIRCLE_CONTINUATION_KEY as a job of a setup workflow finds it.',
    )
  const continuation = readContinuation(request)
  // Nobody says who they are here: whose request it is, the pipeline tells.
  const key = request.once && { ...request.once, scope: `pipeline ${pipelineId}` }
  await ports.engine.transact((tx) => once(tx, key, () => accept(tx, pipelineId, continuation)))
  // It is accepted: when it cannot be compiled now, it will be (`resumeContinuations`, which tells of errors).
  await finishContinuation(ports, checks, pipelineId).catch(() => {})
}

async function accept(tx: EngineTransaction, pipelineId: string, continuation: Continuation): Promise<string> {
  const found = await tx.lockPipeline(pipelineId)
  if (found === undefined) throw new AppError('not-found', 'The pipeline of this continuation key is gone.')
  const { pipeline, organizationId, ageMs } = found
  if (pipeline.state !== 'setup')
    throw new AppError('conflict', `Pipeline is not in setup state. ${whyNotInSetup(found)}`)
  if (ageMs > keyLifeMs) throw new AppError('conflict', 'Continuation key has expired. Please run a new pipeline.')
  await tx.acceptContinuation(pipelineId, continuation)
  await tx.append({
    kind: 'pipeline.changed',
    organizationId,
    projectId: pipeline.projectId,
    pipelineId,
    data: { number: pipeline.number, from: 'setup', to: 'pending' },
  })
  return pipelineId
}

/** What to tell whoever would continue a pipeline that is not in setup, and what to do. */
export function whyNotInSetup({ pipeline, setupSource }: PipelineInSetup): string {
  if (setupSource === '') return 'Its config does not say setup: true, and only such a pipeline is continued.'
  if (pipeline.state === 'errored')
    return 'It was canceled, or continued with a config that cannot be used, as its page says. Run a new pipeline.'
  return 'It was continued before, and a pipeline is continued once; run a new pipeline.'
}

function readContinuation(request: ContinueRequest): Continuation {
  const entries = Object.entries(request.parameters)
  if (entries.length > maxParameters)
    refuse(`${entries.length} parameters were sent; at most ${maxParameters} are allowed`)
  const parameters = entries.map(([name, value]) => {
    if (name.length > maxNameLength || name !== storable(name))
      refuse(
        `The parameter name ${JSON.stringify(name.slice(0, 40))} is longer than ${maxNameLength} characters, or holds what no name may`,
      )
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      refuse(`The parameter ${name} is neither a string, a number nor a boolean`)
    if (typeof value === 'string' && value.length > maxValueLength)
      refuse(`The value of the parameter ${name} has ${value.length} characters; at most ${maxValueLength} are allowed`)
    return [name, typeof value === 'string' ? storable(value) : value] as const
  })
  return { configuration: storable(request.configuration), parameters: Object.fromEntries(parameters) }
}

function refuse(problem: string): never {
  throw new AppError('bad-request', `${problem}.`)
}

/** Compiles what was accepted and starts its workflows. Safe at any time, from several processes, any number of times. */
export async function finishContinuation(ports: FinishPorts, checks: StartChecks, pipelineId: string): Promise<void> {
  const pending = await ports.engine.pipelineInSetup(pipelineId)
  if (pending === undefined || pending.continuation === null) return
  const compiled = await compileContinuation(ports, pending, pending.continuation)
  const state: NewPipeline['state'] = compiled.errors.length > 0 ? 'errored' : 'created'
  await ports.engine.transact(async (tx) => {
    const found = await tx.lockPipeline(pipelineId)
    if (found === undefined || found.pipeline.state !== 'pending') return
    const { pipeline, organizationId } = found
    await tx.finishContinuation(pipelineId, { state, ...compiled })
    await tx.append({
      kind: state === 'errored' ? 'pipeline.errored' : 'pipeline.changed',
      organizationId,
      projectId: pipeline.projectId,
      pipelineId,
      data: { number: pipeline.number, from: 'pending', to: state, ...becauseOfErrors(compiled.errors) },
    })
    if (compiled.config.plan !== null) await createWorkflows(tx, checks, pipeline, compiled.config.plan)
  })
}

async function compileContinuation(
  { compiler, engine }: FinishPorts,
  pending: PipelineInSetup,
  { configuration, parameters }: Continuation,
): Promise<ConfigCompilation> {
  const { values, given, organizationId } = pending
  const conflicts = await conflictingParameters(compiler, pending, parameters)
  if (conflicts.length > 0) return uncompiled(configuration, conflictError(conflicts))
  const contexts = await engine.transact((tx) => tx.contextNames(organizationId, pending.pipeline.projectId))
  const compiled = await compileConfig(compiler, configuration, {
    file: 'continuation config',
    values,
    parameters: { ...given, ...parameters },
    organizationId,
    contexts,
  })
  if (compiled.config.plan?.setup !== true) return compiled
  return uncompiled(configuration, {
    type: 'config',
    message:
      'A pipeline cannot be continued with another setup configuration. Take `setup: true` out of the configuration that continues it.',
  })
}

/**
 * Parameters that both the trigger and the continuation set, the trigger to something else than the setup config's default
 * (semantics 22).
 */
async function conflictingParameters(
  compiler: Compiler,
  pending: PipelineInSetup,
  parameters: Continuation['parameters'],
): Promise<readonly string[]> {
  const { setupSource, values, given, organizationId } = pending
  const both = Object.keys(parameters).filter((name) => Object.hasOwn(given, name))
  if (both.length === 0) return []
  const setup = await compileConfig(compiler, setupSource, {
    file: 'setup config',
    values,
    parameters: {},
    organizationId,
    contexts: [],
  })
  return both.filter((name) => given[name] !== setup.parameters[name])
}

function conflictError(names: readonly string[]): PipelineError {
  return {
    type: 'config',
    message: `Conflicting pipeline parameters. Both the trigger and the continuation set ${names.join(', ')}; leave it out of one of them.`,
  }
}
