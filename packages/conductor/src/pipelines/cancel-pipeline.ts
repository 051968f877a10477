import {
  AppError,
  type EngineTransaction,
  type PipelineError,
  type PipelineInSetup,
  type WorkflowSnapshot,
} from '@rondo/model'
import { advance } from '../workflows/apply-moves.ts'
import { canceledBy, cancelWorkflow } from '../workflows/cancel.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { becauseOfErrors } from './because-of-errors.ts'

/**
 * Cancels what of a pipeline has not ended, all in one transaction: its workflows, and what a continuation would still have
 * started. Workflows that somebody starts again afterwards run.
 */
export async function cancelPipeline(
  tx: EngineTransaction,
  checks: StartChecks,
  pipelineId: string,
  actorId: string | null,
): Promise<void> {
  const found = await tx.lockPipeline(pipelineId)
  if (found === undefined) throw new AppError('not-found', `There is no pipeline ${pipelineId}.`)
  // All are held before one changes: who holds one of them waits for nothing that this transaction has.
  const snapshots: WorkflowSnapshot[] = []
  for (const id of await tx.openWorkflows(pipelineId)) {
    const snapshot = await tx.lockWorkflow(id)
    if (snapshot !== undefined) snapshots.push(snapshot)
  }
  const { pipeline, organizationId } = found
  const toCome = pipeline.state === 'setup' || pipeline.state === 'pending'
  if (snapshots.length === 0 && !toCome) return
  await tx.append({
    kind: 'pipeline.canceled',
    organizationId,
    projectId: pipeline.projectId,
    pipelineId,
    actorId,
    data: { workflows: snapshots.length },
  })
  const cause = { ...canceledBy(actorId), because: 'its pipeline was canceled' }
  for (const snapshot of snapshots) await advance(tx, snapshot, await cancelWorkflow(tx, snapshot, cause), checks)
  if (toCome) await endSetup(tx, found)
}

/** It is not continued any more. What was sent to continue it, and is not compiled yet, is shown but runs nothing. */
async function endSetup(
  tx: EngineTransaction,
  { pipeline, organizationId, continuation }: PipelineInSetup,
): Promise<void> {
  const errors: readonly PipelineError[] = [
    { type: 'other', message: 'The pipeline was canceled before it was continued. Run a new pipeline.' },
  ]
  await tx.finishContinuation(pipeline.id, {
    state: 'errored',
    errors,
    warnings: [],
    parameters: pipeline.parameters,
    config: { source: continuation?.configuration ?? '', compiled: '', plan: null },
  })
  await tx.append({
    kind: 'pipeline.errored',
    organizationId,
    projectId: pipeline.projectId,
    pipelineId: pipeline.id,
    data: { number: pipeline.number, from: pipeline.state, to: 'errored', ...becauseOfErrors(errors) },
  })
}
