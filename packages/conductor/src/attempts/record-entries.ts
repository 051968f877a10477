import {
  AppError,
  type AttemptIdentity,
  type CacheScope,
  type EngineTransaction,
  type HeldAttempt,
  isFinalJobStatus,
  type JobStatus,
  type Result,
  type Task,
} from '@rondo/model'
import type { ReportEntry, ReportRequest } from '@rondo/protocol'
import { statusOfSlices } from '../decisions/life-cycles.ts'
import { advance, endOf } from '../workflows/apply-moves.ts'
import { changeJob, jobScope } from '../workflows/change-state.ts'
import { attemptScope } from './attempt-scope.ts'
import { cacheScope } from './attempt-trust.ts'
import type { DispatcherPorts } from './dispatcher-ports.ts'
import { leaseMs } from './ownership.ts'

/**
 * Writes journal entries of an attempt, in order, in one transaction. Entries known already are passed over; a gap writes
 * nothing. Answers the last sequence number known.
 */
export async function recordEntries(
  ports: DispatcherPorts,
  agentId: string,
  request: ReportRequest,
): Promise<{ acknowledged: number }> {
  try {
    return await record(ports, agentId, request)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'gone') throw error
    // The last report ends its attempt; repeated because the answer was lost, it is known like any other.
    const known = (await ports.engine.lastWord(agentId, request)) ?? 0
    if (known < request.from + request.entries.length - 1) throw error
    return { acknowledged: known }
  }
}

async function record(
  ports: DispatcherPorts,
  agentId: string,
  request: ReportRequest,
): Promise<{ acknowledged: number }> {
  const ends = request.entries.some((entry) => entry.type === 'task-finished')
  const caches = request.entries.some((entry) => entry.type === 'cache-saved')
    ? cacheScope(await ports.engine.attemptContext(request.attemptId))
    : undefined
  return ports.engine.transact(async (tx) => {
    // Whoever changes jobs holds the workflow before anything else, so that no two wait for each other.
    const held = ends ? await tx.holdAttempt(agentId, request) : undefined
    const identity = held?.identity ?? (await tx.fence(agentId, request))
    const last = identity.acknowledged
    const fresh = request.entries.slice(Math.max(0, last + 1 - request.from))
    if (request.from > last + 1 || fresh.length === 0) return { acknowledged: last }
    for (const entry of fresh) await recordEntry(ports, tx, { held, identity, caches }, entry)
    const known = last + fresh.length
    await tx.acknowledge(identity.attemptId, known, leaseMs)
    return { acknowledged: known }
  })
}

interface RecordedAttempt {
  readonly held: HeldAttempt | undefined
  readonly identity: AttemptIdentity
  /** Where its caches go; known when it saved some. */
  readonly caches: CacheScope | undefined
}

async function recordEntry(
  ports: DispatcherPorts,
  tx: EngineTransaction,
  { held, identity, caches }: RecordedAttempt,
  entry: ReportEntry,
): Promise<void> {
  const scope = attemptScope(identity)
  switch (entry.type) {
    case 'step-started': {
      const stepId = await tx.startStep({
        attemptId: identity.attemptId,
        taskIndex: identity.taskIndex,
        index: entry.step,
        name: entry.name,
        type: entry.kind,
        command: entry.command,
        background: entry.background,
        at: entry.at,
      })
      return tx.append({
        ...scope,
        kind: 'step.started',
        data: { stepId, index: entry.step, name: entry.name, slice: identity.taskIndex },
      })
    }
    case 'step-finished': {
      const stepId = await tx.finishStep({
        attemptId: identity.attemptId,
        index: entry.step,
        result: entry.result,
        exitCode: entry.exitCode,
        outputBytes: entry.outputBytes,
        outputSha256: entry.outputSha256,
        truncated: entry.truncated,
        at: entry.at,
      })
      if (stepId !== undefined) await tx.addChore('close-output', stepId)
      return tx.append({
        ...scope,
        kind: 'step.finished',
        data: { stepId: stepId ?? null, index: entry.step, result: entry.result, slice: identity.taskIndex },
      })
    }
    case 'cache-saved':
      if (caches !== undefined) await tx.saveCache(caches, entry.key, entry.object, identity.jobId)
      return
    case 'workspace-persisted':
      return tx.addLayer(identity.jobId, identity.taskIndex, entry.object)
    case 'artifact-stored':
      await tx.addArtifact(identity.jobId, identity.taskIndex, entry.path, entry.object)
      return
    case 'tests-stored':
      await tx.addTests(identity.jobId, identity.taskIndex, entry.tests)
      return tx.append({ ...scope, kind: 'tests.stored', data: { count: entry.tests.length } })
    case 'image-resolved':
      return tx.addImage(identity.jobId, identity.taskIndex, {
        position: entry.position,
        image: entry.image,
        digest: entry.digest,
      })
    case 'task-finished':
      if (held !== undefined) await finishTask(ports, tx, held, entry.result, entry.message)
      return
  }
}

/** Ends an attempt; when it was the job's last slice, ends the job, and decides what follows. */
export async function finishTask(
  ports: Pick<DispatcherPorts, 'checks'>,
  tx: EngineTransaction,
  { head, identity: ref, job, tasks }: Omit<HeldAttempt, 'identity'> & { readonly identity: AttemptIdentity },
  result: Result,
  message: string | null,
): Promise<void> {
  const open = await tx.finishAttempt(ref, result)
  if (open === undefined) return
  for (const stepId of open) await tx.addChore('close-output', stepId)
  await tx.append({
    ...jobScope(head, job),
    kind: 'task.finished',
    data: { slice: ref.taskIndex, result, ...(message === null ? {} : { message }) },
  })
  const slices = tasks.map((task) => (task.id === ref.taskId ? { ...task, phase: 'finished' as const, result } : task))
  const status = isFinalJobStatus(job.status) ? undefined : endingOf(slices)
  if (status !== undefined) await changeJob(tx, head, job, status, message === null ? {} : { message })
  // A job that goes on changes nothing for others, unless a lock waits for its tasks.
  if (status !== undefined || head.hasLocks)
    await advance(tx, head, status === undefined ? [] : endOf(job, status), ports.checks)
}

/** How a job ends whose slices have all ended; undefined: one has not. */
function endingOf(slices: readonly Task[]): JobStatus | undefined {
  if (slices.some((task) => task.phase !== 'finished')) return undefined
  return statusOfSlices(slices.map((task) => task.result ?? 'lost'))
}
