import type { Commit, MemoryDatabase } from '../memory-database.ts'
import type { JobRow, WorkflowRow } from '../memory-rows.ts'
import { eventTold } from './events.ts'
import { jobChanged } from './jobs.ts'
import { limitChanged, lockChanged } from './locks.ts'
import { runningChanged, tasksTaken } from './queue.ts'
import { shownWhole, taken, workspaceTaken } from './retention.ts'
import type { Report, Terms } from './rules.ts'
import { schedulesRan } from './schedules.ts'
import { attemptChanged, taskChanged } from './tasks.ts'
import { workflowChanged, workflowFits } from './workflows.ts'

/** Looks at one commit, in the middle of whatever else happens. */
export function ofCommit(database: MemoryDatabase, commit: Commit, terms: Terms, report: Report): void {
  const workflows = new Set<string>()
  for (const change of commit.changes) {
    if (change.table === 'locks') lockChanged(database, change, report)
    if (change.table === 'limits') limitChanged(database, report)
    if (change.after === undefined) {
      taken(database, change, commit, terms, report)
      continue
    }
    switch (change.table) {
      case 'jobs':
        jobChanged(database, change, commit, report)
        workflows.add((change.after as JobRow).workflowId)
        break
      case 'workflows':
        workflowChanged(change, commit.events, report)
        workflows.add((change.after as WorkflowRow).id)
        break
      case 'tasks':
        taskChanged(database, change, report)
        break
      case 'taken workspaces':
        workspaceTaken(database, (change.after as { jobId: string }).jobId, report)
        break
      case 'attempts':
        attemptChanged(database, change, commit, terms, report)
        break
    }
  }
  if (commit.changes.some(({ table }) => table === 'workflows' || table === 'pipelines')) shownWhole(database, report)
  tasksTaken(database, commit, report)
  runningChanged(database, commit)
  schedulesRan(database, commit, report)
  for (const event of commit.events) eventTold(event, commit, report)
  for (const id of workflows) workflowFits(database, id, report)
}
