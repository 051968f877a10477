import {
  isFinalJobStatus,
  isFinalWorkflowStatus,
  type NewEvent,
  type WorkflowStatus,
  workflowMayBecome,
} from '@rondo/model'
import type { Change, MemoryDatabase } from '../memory-database.ts'
import type { JobRow, WorkflowRow } from '../memory-rows.ts'
import { follow } from './events.ts'
import { fateOf, lockOf, statusesOf, statusOf, tasksOf, upstream } from './graph.ts'
import type { Report } from './rules.ts'

export function workflowChanged(change: Change, events: readonly NewEvent[], report: Report): void {
  const before = change.before as WorkflowRow | undefined
  const after = change.after as WorkflowRow
  if (before !== undefined && isFinalWorkflowStatus(before.status) && before.status !== after.status)
    report(1, `workflow ${after.name} had ended as ${before.status} and became ${after.status}`)
  if (
    before === undefined &&
    !events.some((event) => event.kind === 'workflow.created' && event.workflowId === after.id)
  )
    report(2, `workflow ${after.name} was made without an event`)
  const own = events.filter(
    (event) =>
      (event.kind === 'workflow.changed' || event.kind === 'workflow.finished') && event.workflowId === after.id,
  )
  follow(
    own,
    { from: before?.status ?? 'running', to: after.status },
    (a, b) => workflowMayBecome(a as WorkflowStatus, b as WorkflowStatus),
    `workflow ${after.name}`,
    report,
  )
}

/** Rules 3 and 4: after a commit there is nothing left to decide. */
export function workflowFits(database: MemoryDatabase, id: string, report: Report): void {
  const workflow = database.workflows.get(id)?.committed
  if (workflow === undefined || workflow.retired === true) return
  const statuses = statusesOf(database, id)
  const expected = statusOf([...statuses.values()])
  if (workflow.status !== expected)
    report(3, `workflow ${workflow.name} is ${workflow.status}; its jobs say ${expected}`)
  for (const cell of database.jobsOfWorkflow.get(id) ?? []) {
    const job = cell.committed
    if (job?.status !== 'blocked') continue
    const fate = fateOf(job, statuses)
    if (job.type === 'unlock' && fate === 'met' && mayWait(database, job)) continue
    if (fate !== 'open') report(4, `job ${job.name} is still blocked, though its requirements are ${fate}`)
  }
}

/** Whether an unlock node has something to wait for: its lock, or an agent that still works on what stands before it. */
function mayWait(database: MemoryDatabase, unlock: JobRow): boolean {
  if (!isFinalJobStatus(lockOf(database, unlock)?.status ?? 'not_run')) return true
  return upstream(database, unlock).some((job) => tasksOf(database, job.id).some((task) => task.phase === 'running'))
}
