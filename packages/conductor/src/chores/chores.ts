import type { Chore, Clock, EngineStore, StepOutput, Wakeups } from '@rondo/model'
import { advance } from '../workflows/apply-moves.ts'
import { canceledBy, cancelWorkflow } from '../workflows/cancel.ts'
import { decided } from '../workflows/decided.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { outputDamage } from './check-output.ts'
import { type LoopOptions, runPeriodically } from './run-periodically.ts'

export interface ChorePorts {
  readonly engine: EngineStore
  readonly wakeups: Wakeups
  readonly output: Pick<StepOutput, 'close' | 'size' | 'read'>
  readonly checks: StartChecks
  readonly clock: Clock
}

export type ChoreOptions = LoopOptions

const batch = 100
const tryAgainAfterMs = 30_000

/** Carries out what must follow commits, whoever made them and however that process ended. Any number of processes may do so. */
export function doChores(ports: ChorePorts, options: ChoreOptions, signal: AbortSignal): Promise<void> {
  return runPeriodically(
    ports,
    {
      everyMs: options.everyMs ?? 2_000,
      topic: 'chores',
      round: () => doDueChores(ports, options.onError),
      onError: options.onError,
      onRound: options.onRound,
    },
    signal,
  )
}

/** One round; answers whether there may be more. */
export async function doDueChores(
  ports: Omit<ChorePorts, 'wakeups' | 'clock'>,
  onError?: (error: unknown) => void,
): Promise<boolean> {
  const due = await ports.engine.dueChores(batch)
  /** Closing an output again changes nothing, so these are struck off together: a commit for each would cost more. */
  const closed: Chore[] = []
  for (const chore of due) {
    // One that cannot be done must not keep the others from it.
    await carryOut(ports, chore, closed).catch(async (error: unknown) => {
      onError?.(error)
      await ports.engine.postponeChore(chore.id, tryAgainAfterMs)
    })
  }
  if (closed.length > 0) await ports.engine.transact((tx) => tx.takeChores(closed.map(({ id }) => id)))
  return due.length === batch
}

async function carryOut(ports: Omit<ChorePorts, 'wakeups' | 'clock'>, chore: Chore, closed: Chore[]): Promise<void> {
  const { engine, checks } = ports
  switch (chore.kind) {
    case 'advance':
      return decided(engine, async (tx) => {
        // Workflow first, as everywhere.
        const head = await tx.holdWorkflow(chore.subjectId)
        if ((await tx.takeChore(chore.id)) && head !== undefined) await advance(tx, head, [], checks)
      })
    case 'supersede':
      await supersede(ports, chore.subjectId)
      break
    case 'close-output': {
      const damage = await outputDamage(ports.output, chore)
      await ports.output.close(chore.subjectId)
      if (damage === undefined) {
        closed.push(chore)
        return
      }
      return engine.transact(async (tx) => {
        if (!(await tx.takeChore(chore.id))) return
        const scope = await tx.stepScope(chore.subjectId)
        if (scope !== undefined)
          await tx.append({ ...scope, kind: 'output.damaged', data: { stepId: chore.subjectId, because: damage } })
      })
    }
  }
  await engine.transact((tx) => tx.takeChore(chore.id))
}

/** Cancels what a pipeline makes redundant, one workflow a transaction; a repeat finds nothing left to cancel. */
async function supersede(ports: Omit<ChorePorts, 'wakeups' | 'clock'>, pipelineId: string): Promise<void> {
  const redundant = await ports.engine.transact((tx) => tx.redundantWorkflows(pipelineId))
  if (redundant.length === 0) return
  const newer = (await ports.engine.transact((tx) => tx.lockPipeline(pipelineId)))?.pipeline
  const cause = {
    ...canceledBy(newer?.triggeredBy ?? null),
    because: `pipeline ${newer?.number}, newer and of the same branch, makes it redundant`,
  }
  for (const workflowId of redundant) {
    await decided(ports.engine, async (tx) => {
      const snapshot = await tx.lockWorkflow(workflowId)
      if (snapshot === undefined) return
      await advance(tx, snapshot, await cancelWorkflow(tx, snapshot, cause), ports.checks)
    })
  }
}
