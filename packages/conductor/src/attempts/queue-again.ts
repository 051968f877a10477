import type { AttemptIdentity, EngineTransaction, Job, Task, WorkflowHead } from '@rondo/model'
import { advanceAll } from '../workflows/apply-moves.ts'
import { changeJob } from '../workflows/change-state.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { attemptScope } from './attempt-scope.ts'

/** A slice whose attempt ends without a result, of a job that goes on. */
export interface LostSlice {
  readonly head: WorkflowHead
  readonly identity: AttemptIdentity
  readonly job: Job
  readonly tasks: readonly Task[]
  /** Why it waits anew, for the history. */
  readonly because: string
}

/** Lets slices of jobs wait anew, without what their attempts left; a job all of whose slices wait is queued again. */
export async function queueAgain(
  tx: EngineTransaction,
  slices: readonly LostSlice[],
  checks: StartChecks,
): Promise<void> {
  const lost = new Set(slices.map(({ identity }) => identity.taskId))
  for (const { identity, tasks, because } of slices) {
    for (const stepId of await tx.retry(identity)) await tx.addChore('close-output', stepId)
    const attempt = tasks.find((task) => task.id === identity.taskId)?.attempts ?? 1
    await tx.append({
      kind: 'task.requeued',
      ...attemptScope(identity),
      data: { slice: identity.taskIndex, attempt, because },
    })
  }
  for (const { head, job, tasks, because } of new Map(slices.map((slice) => [slice.job.id, slice])).values())
    if (job.status === 'running' && tasks.every((task) => task.phase === 'queued' || lost.has(task.id)))
      await changeJob(tx, head, job, 'queued', { because })
  // An unlock node may have waited for the last process of what stands before it.
  const turns = slices.flatMap(({ head }) => (head.hasLocks ? [{ head, ended: [] }] : []))
  await advanceAll(tx, turns, checks)
}
