import { isFinalWorkflowStatus } from '@rondo/model'
import type { Change, Commit, MemoryDatabase } from '../memory-database.ts'
import type { JobRow, PipelineRow } from '../memory-rows.ts'
import { tasksOf } from './graph.ts'
import type { Report, Terms } from './rules.ts'

/** Rules 30 to 33, at a commit that takes something away. */
export function taken(
  database: MemoryDatabase,
  change: Change,
  commit: Commit,
  { keptMs }: Terms,
  report: Report,
): void {
  if (change.table === 'pipelines') pipelineTaken(database, change.before as PipelineRow, commit, keptMs, report)
  if (change.table === 'jobs') jobTaken(database, change.before as JobRow, report)
}

function pipelineTaken(
  database: MemoryDatabase,
  pipeline: PipelineRow,
  commit: Commit,
  keptMs: number,
  report: Report,
): void {
  const name = `pipeline ${pipeline.number}`
  if (commit.at - pipeline.createdAt.getTime() < keptMs) report(30, `${name} was taken before its time`)
  if (pipeline.state === 'pending') report(30, `${name} was taken, and its continuation waits to be compiled`)
  const newer = [...database.pipelines.values()].some(
    ({ committed: other }) => other?.projectId === pipeline.projectId && other.number > pipeline.number,
  )
  if (!newer) report(30, `${name} was taken, and is the newest of its project`)
  for (const { committed: workflow } of database.workflows.values()) {
    if (workflow?.pipelineId !== pipeline.id) continue
    if (!isFinalWorkflowStatus(workflow.status))
      report(30, `${name} was taken, and ${workflow.name} of it had not ended`)
    for (const { committed: job } of database.jobsOfWorkflow.get(workflow.id) ?? [])
      if (job !== undefined && tasksOf(database, job.id).some((task) => task.phase !== 'finished'))
        report(30, `${name} was taken, and an agent still works on ${job.name}`)
  }
}

/** With a job goes all that is its own, and only after its pipeline. */
function jobTaken(database: MemoryDatabase, job: JobRow, report: Report): void {
  const workflow = database.workflows.get(job.workflowId)?.committed
  if (workflow !== undefined && database.pipelines.get(workflow.pipelineId)?.committed !== undefined)
    report(32, `job ${job.name} was taken from a pipeline that is still there`)
  const left = (database.leftByJob.get(job.id) ?? []).some((cell) => cell.committed !== undefined)
  if (left || tasksOf(database, job.id).length > 0) report(33, `job ${job.name} was taken, and what it left is there`)
  const gone = database.goneNumbers.get(job.projectId) ?? []
  if (job.number !== null) database.goneNumbers.set(job.projectId, [...gone, job.number])
}

/** Rule 31, at a commit that takes a job's part of the workspace. */
export function workspaceTaken(database: MemoryDatabase, jobId: string, report: Report): void {
  for (const { committed: workflow } of database.workflows.values()) {
    if (workflow === undefined || isFinalWorkflowStatus(workflow.status)) continue
    for (const { committed: job } of database.jobsOfWorkflow.get(workflow.id) ?? [])
      if ((job?.keptFrom ?? job?.id) === jobId)
        report(31, `the workspace of a job was taken, and ${workflow.name}, which has not ended, may attach it`)
  }
}

/** Rule 32, at every commit that changes a workflow or takes a pipeline. */
export function shownWhole(database: MemoryDatabase, report: Report): void {
  for (const { committed: workflow } of database.workflows.values())
    if (workflow !== undefined && workflow.retired !== true && !isThere(database, workflow.pipelineId))
      report(32, `workflow ${workflow.name} is shown, and its pipeline is gone`)
}

function isThere(database: MemoryDatabase, pipelineId: string): boolean {
  return database.pipelines.get(pipelineId)?.committed !== undefined
}

/** Rule 33, at rest. */
export function nothingHalfTaken(database: MemoryDatabase, report: Report): void {
  for (const { committed: retired } of database.retired.values())
    if (retired !== undefined) report(33, `pipeline ${retired.id} is half taken at rest`)
  for (const { committed: job } of database.jobs.values())
    if (job !== undefined && database.workflows.get(job.workflowId)?.committed === undefined)
      report(33, `job ${job.name} is left over from a workflow that was taken`)
  for (const { committed: attempt } of database.attempts.values())
    if (attempt !== undefined && database.tasks.get(attempt.taskId)?.committed === undefined)
      report(33, 'an attempt is left over from a task that was taken')
  for (const { committed: step } of database.steps.values())
    if (step !== undefined && database.attempts.get(step.attemptId)?.committed === undefined)
      report(33, 'a step is left over from an attempt that was taken')
}
