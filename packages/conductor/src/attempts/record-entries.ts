import {
  type AttemptIdentity,
  type CacheScope,
  type EngineTransaction,
  type HeldAttempt,
  isFinalJobStatus,
  type Job,
  type JobStatus,
  type Result,
  type Task,
  type WorkflowHead,
} from '@rondo/model'
import type { ReportEntry, ReportRequest } from '@rondo/protocol'
import { statusOfSlices } from '../decisions/life-cycles.ts'
import { advanceAll, endOf, type Turn } from '../workflows/apply-moves.ts'
import { changeJob, jobScope } from '../workflows/change-state.ts'
import { attemptScope } from './attempt-scope.ts'
import type { DispatcherPorts } from './dispatcher-ports.ts'
import { leaseMs, maxAttempts } from './ownership.ts'
import { type LostSlice, queueAgain } from './queue-again.ts'
import { recordSteps } from './record-steps.ts'

/** Entries of one attempt's journal. */
export interface Report {
  readonly request: ReportRequest
  /** Where its caches go; known when it saved some. */
  readonly caches?: CacheScope
}

/** A report whose attempt is held; `held` only when it ends the attempt, with what is decided on then. */
interface OpenReport extends Pick<Report, 'request' | 'caches'> {
  readonly identity: HeldAttempt['identity']
  readonly held?: HeldAttempt
}

/** An attempt that ends, and how. */
export interface Ending {
  readonly head: WorkflowHead
  readonly identity: AttemptIdentity
  readonly job: Job
  readonly tasks: readonly Task[]
  readonly result: Result
  readonly message: string | null
}

/** Whether it ends its attempt; then more is decided on than the attempt. */
export function ends(request: ReportRequest): boolean {
  return request.entries.some((entry) => entry.type === 'task-finished')
}

/**
 * Writes journal entries of attempts, in order. Entries known already are passed over; a gap writes nothing. Answers, by
 * attempt, the last sequence number known.
 */
export async function recordReports(
  ports: Pick<DispatcherPorts, 'checks'>,
  tx: EngineTransaction,
  reports: readonly OpenReport[],
): Promise<ReadonlyMap<string, number>> {
  const endings: Ending[] = []
  const unbegun: LostSlice[] = []
  const known = new Map<string, number>()
  const fresh = reports.map((report) => ({ ...report, entries: freshEntries(report) }))
  const stepIds = await recordSteps(tx, fresh)
  for (const report of fresh) {
    const { entries, identity, held } = report
    for (const entry of entries) {
      if (entry.type !== 'task-finished') await recordEntry(tx, { ...report, stepIds }, entry)
      else if (held !== undefined && mayBeginAgain(held, entry))
        unbegun.push({
          ...held,
          because: `no code of the job has run. ${entry.message ?? 'Its agent could not begin it.'}`,
        })
      else if (held !== undefined) endings.push({ ...held, result: entry.result, message: entry.message })
    }
    known.set(identity.attemptId, identity.acknowledged + entries.length)
  }
  await queueAgain(tx, unbegun, ports.checks)
  await finishTasks(ports, tx, endings)
  for (const { identity } of reports) {
    const now = known.get(identity.attemptId)!
    if (now > identity.acknowledged) await tx.acknowledge(identity.attemptId, now, leaseMs)
  }
  return known
}

function freshEntries({ request, identity }: OpenReport): readonly ReportEntry[] {
  const next = identity.acknowledged + 1
  return request.from > next ? [] : request.entries.slice(Math.max(0, next - request.from))
}

/** A fault before the job's own code, of an agent or its engine, costs an attempt and not the job (rule D-01). */
function mayBeginAgain(
  { job, tasks, identity }: HeldAttempt,
  entry: Extract<ReportEntry, { type: 'task-finished' }>,
): boolean {
  const attempts = tasks.find((task) => task.id === identity.taskId)?.attempts ?? maxAttempts
  return entry.unbegun === true && entry.result === 'lost' && attempts < maxAttempts && !isFinalJobStatus(job.status)
}

async function recordEntry(
  tx: EngineTransaction,
  {
    identity,
    caches,
    stepIds,
  }: Pick<OpenReport, 'identity' | 'caches'> & { readonly stepIds: ReadonlyMap<ReportEntry, string> },
  entry: Exclude<ReportEntry, { type: 'task-finished' }>,
): Promise<void> {
  const scope = attemptScope(identity)
  switch (entry.type) {
    case 'step-started':
      return tx.append({
        ...scope,
        kind: 'step.started',
        data: { ...stepData(identity, entry), stepId: stepIds.get(entry)!, name: entry.name },
      })
    case 'step-finished': {
      const stepId = stepIds.get(entry)
      if (stepId !== undefined) await tx.addChore('close-output', stepId)
      return tx.append({
        ...scope,
        kind: 'step.finished',
        data: {
          ...stepData(identity, entry),
          stepId: stepId ?? null,
          result: entry.result,
          ...(entry.exitCode === null ? {} : { exitCode: entry.exitCode }),
          ...(entry.reruns === undefined ? {} : { reruns: entry.reruns }),
        },
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
  }
}

/** `by`: the agent's clock, by which steps of an attempt follow one another; they are told of in another order, and several at once. */
function stepData(
  { taskIndex, attemptId }: HeldAttempt['identity'],
  { step, at }: Extract<ReportEntry, { type: 'step-started' | 'step-finished' }>,
) {
  return { index: step, slice: taskIndex, attemptId, by: at }
}

/** Ends attempts; where one was its job's last slice, ends the job; and decides what follows from all of that. */
export async function finishTasks(
  ports: Pick<DispatcherPorts, 'checks'>,
  tx: EngineTransaction,
  endings: readonly Ending[],
): Promise<void> {
  if (endings.length === 0) return
  const left = await tx.finishAttempts(
    endings.map(({ identity: { attemptId, epoch }, result }) => ({ attemptId, epoch, result })),
  )
  const ended = endings.filter(({ identity }) => left.has(identity.attemptId))
  for (const { head, identity, job, result, message } of ended) {
    for (const stepId of left.get(identity.attemptId)!) await tx.addChore('close-output', stepId)
    await tx.append({
      ...jobScope(head, job),
      kind: 'task.finished',
      data: { slice: identity.taskIndex, result, ...(message === null ? {} : { message }) },
    })
  }
  const turns: Turn[] = []
  for (const slices of Map.groupBy(ended, ({ job }) => job.id).values()) {
    const { head, job, message } = slices.at(-1)!
    const status = isFinalJobStatus(job.status) ? undefined : endingOf(slices)
    if (status !== undefined) await changeJob(tx, head, job, status, message === null ? {} : { message })
    // A job that goes on changes nothing for others, unless a lock waits for its tasks.
    if (status !== undefined || head.hasLocks)
      turns.push({ head, ended: status === undefined ? [] : endOf(job, status) })
  }
  await advanceAll(tx, turns, ports.checks)
}

/** How a job ends some of whose slices end now; undefined: one has not ended. */
function endingOf(slices: readonly Ending[]): JobStatus | undefined {
  const results = new Map(slices.map(({ identity, result }) => [identity.taskId, result]))
  const tasks = slices[0]!.tasks
  if (tasks.some((task) => task.phase !== 'finished' && !results.has(task.id))) return undefined
  return statusOfSlices(tasks.map((task) => results.get(task.id) ?? task.result ?? 'lost'))
}
