import type { EndedJob, EngineTransaction, Job, WorkflowHead, WorkflowSnapshot, WorkflowStatus } from '@rondo/model'
import { requiredStatusOf } from '../decisions/life-cycles.ts'
import { locksToRelease } from '../decisions/lock-guard.ts'
import { type Facts, type Move, nextMoves, settledMove, workflowStatus } from '../decisions/next-moves.ts'
import { autoRerun } from './auto-rerun.ts'
import { changeJob, changeWorkflow } from './change-state.ts'
import { giveLocksBack, inWords } from './give-locks-back.ts'
import type { MadeWorkflow } from './made-workflow.ts'
import { type MovingJob, type StartChecks, startJob } from './start-job.ts'
import { UndecidableError } from './undecidable-error.ts'

/** A workflow in which something changed that decisions depend on. */
export interface Turn {
  readonly head: WorkflowHead
  /** Jobs that have ended; none, when something else changed: a lock, or a task of a job that ended before. */
  readonly ended: readonly EndedJob[]
  /** Why a workflow that ends by this does, for the history; absent: its jobs say so. */
  readonly because?: string | undefined
}

/**
 * Carries out what follows from the end of some jobs: saves the moves, queues tasks, appends events, gives back locks. The
 * caller holds the rows of the workflows, so no one else decides at the same time. However many workflows and jobs there are,
 * it is the same few statements; but those with lock nodes are decided one by one.
 */
export async function advanceAll(tx: EngineTransaction, turns: readonly Turn[], checks: StartChecks): Promise<void> {
  for (const { head, ended, because } of joined(turns.filter((turn) => turn.head.hasLocks)))
    await advanceWithLocks(tx, head, { ended, because }, checks)
  const heads = new Map(turns.flatMap(({ head }) => (head.hasLocks ? [] : [[head.workflow.id, head]])))
  const reasons = new Map(turns.map(({ head, because }) => [head.workflow.id, because]))
  if (heads.size === 0) return
  // What ends at once (a node without work, a job that can no longer run) is what the next round follows from.
  for (let round = turns.flatMap((turn) => (turn.head.hasLocks ? [] : turn.ended)); round.length > 0; ) {
    const next: EndedJob[] = []
    for (const { job, refusal } of await tx.settle(round)) {
      const head = heads.get(job.workflowId)!
      next.push(...endOf(job, await carryOut(tx, head, job, settledMove(job, refusal ?? undefined), checks)))
    }
    round = next
  }
  const statuses = await tx.statusesOf([...heads.keys()])
  for (const [id, head] of heads)
    await conclude(tx, head, workflowStatus(statuses.get(id) ?? []), checks, reasons.get(id))
}

/** As `advanceAll`, of one workflow. */
export function advance(
  tx: EngineTransaction,
  head: WorkflowHead,
  ended: readonly EndedJob[],
  checks: StartChecks,
  because?: string,
): Promise<void> {
  return advanceAll(tx, [{ head, ended, because }], checks)
}

/** Each workflow once. */
function joined(turns: readonly Turn[]): readonly Turn[] {
  const byWorkflow = Map.groupBy(turns, (turn) => turn.head.workflow.id)
  return [...byWorkflow.values()].map((same) => ({ ...same[0]!, ended: same.flatMap((turn) => turn.ended) }))
}

/** As `advance`, for a workflow whose jobs have just been made. */
export async function begin(tx: EngineTransaction, { head, jobs }: MadeWorkflow, checks: StartChecks): Promise<void> {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const statuses = new Map(jobs.map((job) => [job.id, job.status]))
  const ended: EndedJob[] = []
  for (const move of nextMoves(jobs).moves) {
    const job = byId.get(move.jobId)!
    const status = await carryOut(tx, head, job, move, checks)
    statuses.set(job.id, status)
    ended.push(...endOf(job, status))
  }
  // What follows when nothing has ended yet needs nothing that is not at hand.
  if (ended.length > 0 || head.hasLocks) await advance(tx, head, ended, checks)
  else await conclude(tx, head, workflowStatus([...statuses.values()]), checks)
}

/** How a job's ending counts for those that require it, if it has ended. */
export function endOf(job: Pick<Job, 'id'>, status: Job['status']): readonly EndedJob[] {
  const as = requiredStatusOf(status)
  return as === undefined ? [] : [{ jobId: job.id, as }]
}

/**
 * Whether an unlock node may go depends on everything that its lock guards, so the whole graph is decided on; again, as long
 * as an answer changes it (a start that is refused, a lock that is free).
 */
async function advanceWithLocks(
  tx: EngineTransaction,
  head: WorkflowHead,
  turn: Omit<Turn, 'head'>,
  checks: StartChecks,
): Promise<void> {
  const ended = [...turn.ended]
  for (;;) {
    const snapshot = await tx.lockWorkflow(head.workflow.id)
    if (snapshot === undefined) return
    const { moves, status } = nextMoves(snapshot.jobs, factsOf(snapshot))
    const byId = new Map(snapshot.jobs.map((job) => [job.id, job]))
    let again = false
    for (const move of moves) {
      const job = byId.get(move.jobId)!
      const became = await carryOut(tx, snapshot, job, move, checks)
      ended.push(...endOf(job, became))
      again ||= became !== move.to
    }
    if (again) continue
    await tx.settle(ended)
    await releaseLocks(tx, snapshot, moves, status)
    return conclude(tx, snapshot, status, checks, turn.because)
  }
}

async function conclude(
  tx: EngineTransaction,
  head: WorkflowHead,
  status: WorkflowStatus,
  checks: StartChecks,
  because?: string,
): Promise<void> {
  const changed = await changeWorkflow(tx, head, status, because)
  const rerun = changed && status === 'failed' ? await autoRerun(tx, head.workflow.id, checks) : undefined
  if (rerun !== undefined) await begin(tx, rerun, checks)
}

function factsOf(snapshot: WorkflowSnapshot): Facts {
  return {
    holding: new Set(snapshot.locks.filter((lock) => lock.held).map((lock) => lock.jobId)),
    busy: new Set(snapshot.tasks.filter((task) => task.phase === 'running').map((task) => task.jobId)),
  }
}

/** Answers what became of the job, which need not be what was decided: a start may be refused, a lock free. */
async function carryOut(
  tx: EngineTransaction,
  head: WorkflowHead,
  job: MovingJob,
  /** Nowhere for a job of a type that the tables do not have. */
  { to, because }: { readonly to: Move['to'] | undefined } & Pick<Move, 'because'>,
  checks: StartChecks,
): Promise<Job['status']> {
  switch (to) {
    case 'queued':
      return startJob(tx, head, job, checks)
    case 'not_running':
      return askForLock(tx, head, job)
    case undefined:
      throw new UndecidableError(
        head.workflow.id,
        `job ${job.name} is of the type ${job.type}, which nothing here runs`,
      )
    default:
      await changeJob(tx, head, job, to, because === undefined ? {} : { because })
      return to
  }
}

async function askForLock(tx: EngineTransaction, head: WorkflowHead, job: MovingJob): Promise<Job['status']> {
  const key = job.lockKey ?? ''
  switch (await tx.requestLock(head, { jobId: job.id, key })) {
    case 'held':
      await changeJob(tx, head, job, 'success', { because: `nobody held the lock ${key}` })
      return 'success'
    case 'waiting': {
      const holder = await tx.lockHolder(head.organizationId, key)
      const because = `it waits for the lock ${key}${holder === undefined ? '' : `, held by ${inWords(holder)}`}`
      await changeJob(tx, head, job, 'not_running', { because })
      return 'not_running'
    }
    case 'blocked':
      await changeJob(tx, head, job, 'not_running', {
        because: `new work of its project is blocked; others get the lock ${key} before it, and it keeps its place`,
      })
      return 'not_running'
    case 'superseded':
      await changeJob(tx, head, job, 'not_run', {
        message: `A newer pipeline of this project holds the lock ${key} or waits for it. What it guards does not go back to an older revision.`,
      })
      return 'not_run'
  }
}

async function releaseLocks(
  tx: EngineTransaction,
  snapshot: WorkflowSnapshot,
  moves: readonly Move[],
  status: WorkflowStatus,
): Promise<void> {
  if (snapshot.locks.length === 0) return
  const moved = new Map(moves.map((move) => [move.jobId, move.to]))
  const jobs = snapshot.jobs.map((job) => ({ ...job, status: moved.get(job.id) ?? job.status }))
  const released = locksToRelease(jobs, snapshot.locks, factsOf(snapshot).busy, status)
  if (released.length > 0) await giveLocksBack(tx, snapshot, released)
}
