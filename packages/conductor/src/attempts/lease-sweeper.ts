import { AppError, type Clock, type EngineStore, type ExpiredAttempt } from '@rondo/model'
import { awayAfterMs } from '../chores/announce.ts'
import type { LoopOptions } from '../chores/run-periodically.ts'
import { advance } from '../workflows/apply-moves.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { attemptScope } from './attempt-scope.ts'
import { defaultLostAfterMs, leaseMs } from './ownership.ts'
import { finishTasks } from './record-entries.ts'

export interface LeaseSweeperOptions extends LoopOptions {
  /** How long after its lease ran out a started attempt is given up (section 2b of the reliability rules); default 5 minutes. */
  readonly lostAfterMs?: number
}

const maxAttempts = 3

/** A round that comes this much too late tells that the process was stopped in between. */
const stoodStillMs = 10_000

/**
 * Looks after attempts whose agent fell silent. Not yet started: queued again, at most three attempts. Started: user code
 * may have run, so it is never run twice by itself; after `lostAfterMs` the job ends as an infrastructure failure.
 */
export async function sweepLeases(
  ports: { engine: EngineStore; checks: StartChecks; clock: Clock },
  options: LeaseSweeperOptions,
  signal: AbortSignal,
): Promise<void> {
  const lostAfterMs = options.lostAfterMs ?? defaultLostAfterMs
  const everyMs = options.everyMs ?? 5_000
  let afterDowntime = true
  let servedSince: number | undefined
  while (!signal.aborted) {
    const began = ports.clock.monotonicMs()
    try {
      // While the server or the database was away nobody could renew: everybody gets a full term first (rule D-05).
      // Agents speak to processes of their role: without one nobody is silent, and each that comes anew begins the term anew.
      const since = (await ports.engine.servedSince('agents', awayAfterMs))?.getTime()
      if (since !== undefined && (afterDowntime || since !== servedSince)) await ports.engine.refreshLeases(leaseMs)
      servedSince = since
      afterDowntime = false
      for (const attempt of since === undefined ? [] : await ports.engine.expired(100)) {
        // One that cannot be settled must not keep the others from it.
        await settle(ports, attempt, lostAfterMs).catch((error) => {
          afterDowntime ||= error instanceof AppError && error.code === 'unavailable'
          options.onError?.(error)
        })
      }
    } catch (error) {
      afterDowntime = true
      options.onError?.(error)
    }
    const lookedAt = ports.clock.monotonicMs()
    options.onRound?.(lookedAt - began)
    await ports.clock.sleep(everyMs, signal)
    // A process that stood still answered no agent either.
    afterDowntime ||= ports.clock.monotonicMs() - lookedAt > everyMs + stoodStillMs
  }
}

async function settle(
  ports: { engine: EngineStore; checks: StartChecks },
  attempt: ExpiredAttempt,
  lostAfterMs: number,
): Promise<void> {
  if (attempt.granted && attempt.lateMs < lostAfterMs) return
  const { identity } = await ports.engine.attemptContext(attempt.attemptId)
  await ports.engine.transact(async (tx) => {
    // Workflow first, as everywhere; then look again: the agent may have come back since.
    const head = await tx.holdWorkflow(identity.workflowId)
    if (head === undefined || !(await tx.lockExpired(attempt))) return
    const found = await tx.jobWithTasks(identity.jobId)
    if (found === undefined) return
    if (!attempt.granted && attempt.attempts < maxAttempts) {
      await tx.requeue(attempt)
      await tx.append({
        kind: 'task.requeued',
        ...attemptScope(identity),
        data: {
          slice: identity.taskIndex,
          attempt: attempt.attempts,
          because: 'its agent fell silent before the start was granted, so no user code has run',
        },
      })
      // A task that was asked to stop ends here, and a lock may have waited for that.
      await advance(tx, head, [], ports.checks)
      return
    }
    const message = 'The agent that ran this job fell silent. Look at its machine, then rerun the job.'
    await finishTasks(ports, tx, [{ head, identity, ...found, result: 'lost', message }])
  })
}
