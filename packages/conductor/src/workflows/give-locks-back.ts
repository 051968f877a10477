import type { EngineTransaction, LockPlace, WorkflowHead } from '@rondo/model'
import { workflowScope } from './change-state.ts'

/** Gives back what lock nodes of a workflow hold or wait for. The histories of who had a lock and of who has it next say so. */
export async function giveLocksBack(
  tx: EngineTransaction,
  head: Pick<WorkflowHead, 'workflow' | 'organizationId'>,
  jobIds: readonly string[],
): Promise<void> {
  const { released, given } = await tx.releaseLocks(head.organizationId, jobIds)
  for (const { jobId, key, held, place } of released) {
    if (!held) continue
    const next = given.find((lock) => lock.key === key)
    const to = next === undefined ? {} : { to: inWords(next.place) }
    await tx.append({ ...workflowScope(head), jobId, kind: 'lock.released', data: { key, ...to } })
    if (next === undefined) continue
    const { workflowId, projectId, waitedMs } = next
    await tx.append({
      kind: 'lock.given',
      projectId,
      workflowId,
      jobId: next.jobId,
      data: { key, waitedMs, because: `${inWords(place)} gave it back` },
    })
  }
}

/** Whose a lock is, as the history says it. */
export function inWords({ projectSlug, pipelineNumber, workflowName }: LockPlace): string {
  return `workflow ${workflowName} of pipeline ${pipelineNumber} of ${projectSlug}`
}
