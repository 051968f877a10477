import type { EngineTransaction, WorkflowSnapshot } from '@rondo/model'
import { createRerun } from './create-rerun.ts'
import type { StartChecks } from './start-job.ts'

/** Older pipelines are not rerun by themselves (semantics 21.8). */
const maxAgeMs = 90 * 24 * 3_600_000

/**
 * Reruns a workflow that failed, from failed, as often as its config says. Reruns that somebody asked for are not rerun by
 * themselves. Part of the transaction in which the workflow failed, so it happens once. Answers the new workflow's id; the
 * caller lets it advance.
 */
export async function autoRerun(
  tx: EngineTransaction,
  before: WorkflowSnapshot,
  checks: StartChecks,
): Promise<string | undefined> {
  const { maxAutoReruns, autoRerunNumber, rerunOf } = before.workflow
  if (autoRerunNumber >= maxAutoReruns || (rerunOf !== null && autoRerunNumber === 0)) return undefined
  if (before.pipelineAgeMs > maxAgeMs) return undefined
  const snapshot = await tx.lockWorkflow(before.workflow.id)
  if (snapshot === undefined) return undefined
  return createRerun(tx, snapshot, checks, {
    request: { fromFailed: true },
    actorId: null,
    autoRerunNumber: autoRerunNumber + 1,
  })
}
