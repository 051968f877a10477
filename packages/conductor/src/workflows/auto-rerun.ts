import type { EngineTransaction } from '@rondo/model'
import { createRerun } from './create-rerun.ts'
import type { MadeWorkflow } from './made-workflow.ts'
import type { StartChecks } from './start-job.ts'

/** Older pipelines are not rerun by themselves (semantics 21.8). */
const maxAgeMs = 90 * 24 * 3_600_000

/**
 * Reruns a workflow that failed, from failed, as often as its config says. Reruns that somebody asked for are not rerun by
 * themselves. Part of the transaction in which the workflow failed, so it happens once. The caller lets the
 * new workflow begin.
 */
export async function autoRerun(
  tx: EngineTransaction,
  workflowId: string,
  checks: StartChecks,
): Promise<MadeWorkflow | undefined> {
  const before = await tx.holdWorkflow(workflowId)
  if (before === undefined) return undefined
  const { maxAutoReruns, autoRerunNumber, rerunOf } = before.workflow
  if (autoRerunNumber >= maxAutoReruns || (rerunOf !== null && autoRerunNumber === 0)) return undefined
  if (before.pipelineAgeMs > maxAgeMs) return undefined
  const snapshot = await tx.lockWorkflow(workflowId)
  if (snapshot === undefined) return undefined
  return createRerun(tx, snapshot, checks, {
    request: { fromFailed: true },
    actorId: null,
    autoRerunNumber: autoRerunNumber + 1,
  })
}
