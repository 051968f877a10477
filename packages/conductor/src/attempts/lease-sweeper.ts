import {
  AppError,
  type Clock,
  type EngineStore,
  type ExpiredAttempt,
  isFinalJobStatus,
  nothingSet,
  type SettingsStore,
  settingOf,
} from '@rondo/model'
import { awayAfterMs } from '../chores/announce.ts'
import type { LoopOptions } from '../chores/run-periodically.ts'
import { advance } from '../workflows/apply-moves.ts'
import { decided } from '../workflows/decided.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { attemptScope } from './attempt-scope.ts'
import { defaultLostAfterMs, leaseMs, maxAttempts } from './ownership.ts'
import { queueAgain } from './queue-again.ts'
import { type Ending, finishTasks } from './record-entries.ts'

export interface LeaseSweeperOptions extends LoopOptions {
  /** How long after its lease ran out a started attempt is given up (section 2b of the reliability rules); default 5 minutes. */
  readonly lostAfterMs?: number
}

export interface SweeperPorts {
  readonly engine: EngineStore
  readonly checks: StartChecks
  /** Without them what they say where nobody set anything. */
  readonly settings?: Pick<SettingsStore, 'view'>
}

/** Only who was silent while somebody could hear it for a whole term is given up (rule D-05). */
const heardTerm = { role: 'agents', awayAfterMs, forMs: leaseMs }

/** A round that comes this much too late tells that the process was stopped in between. */
const stoodStillMs = 10_000

/**
 * Looks after attempts whose agent fell silent. Not yet started: queued again, at most three attempts. Started: user code
 * may have run, so it is run again only where administrators said so (`retry.after-start`); after `lostAfterMs` the job ends as
 * an infrastructure failure, or as `terminated-unknown` when its agent is there and only what it knew is gone.
 */
export async function sweepLeases(
  ports: SweeperPorts & { readonly clock: Clock },
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
      const since = (await ports.engine.servedSince(heardTerm.role, awayAfterMs))?.getTime()
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

async function settle(ports: SweeperPorts, attempt: ExpiredAttempt, lostAfterMs: number): Promise<void> {
  if (attempt.granted && attempt.lateMs < lostAfterMs) return
  if (justCameBack(attempt) && attempt.lateMs < lostAfterMs + leaseMs) return
  const { identity } = await ports.engine.attemptContext(attempt.attemptId)
  const view = attempt.granted ? await ports.settings?.view() : undefined
  const retries = settingOf(view ?? nothingSet, 'retry.after-start', identity.projectId)
  await decided(ports.engine, async (tx) => {
    // Workflow first, as everywhere; then look again: the agent may have come back since.
    const head = await tx.holdWorkflow(identity.workflowId)
    if (head === undefined || !(await tx.lockExpired(attempt, heardTerm))) return
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
    if (attempt.granted && attempt.attempts <= retries && !isFinalJobStatus(found.job.status))
      return queueAgain(tx, [{ head, identity, ...found, because: becauseOfSilence(attempt, retries) }], ports.checks)
    await finishTasks(ports, tx, [{ head, identity, ...found, ...endOfSilence(attempt) }])
  })
}

/** Its agent is there again for less than a term, and may be about to speak of it. */
function justCameBack({ granted, unspokenMs }: ExpiredAttempt): boolean {
  return granted && unspokenMs !== null && unspokenMs < leaseMs
}

/** Why a slice runs again whose user code may have run: somebody who may said that this is better than to fail. */
function becauseOfSilence({ attempts }: ExpiredAttempt, retries: number): string {
  return `its agent fell silent after its own steps began; the setting retry.after-start lets it run again (number ${attempts} of ${retries})`
}

/** How an attempt ends that nobody speaks of any more. */
function endOfSilence({ granted, unspokenMs }: ExpiredAttempt): Pick<Ending, 'result' | 'message'> {
  if (granted && unspokenMs !== null && unspokenMs >= leaseMs)
    return {
      result: 'unknown',
      message:
        'The agent that ran this job is there again and knows nothing of it: its folder was emptied or replaced. Nobody can tell how far the job came. Look at what it changes, then rerun it.',
    }
  return {
    result: 'lost',
    message: 'The agent that ran this job fell silent. Look at its machine, then rerun the job.',
  }
}
