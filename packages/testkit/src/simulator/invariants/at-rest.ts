import { isFinalJobStatus, isFinalWorkflowStatus } from '@rondo/model'
import type { MemoryDatabase } from '../memory-database.ts'
import { nothingHalfTaken } from './retention.ts'
import type { Report } from './rules.ts'

/** Rules 1, 10 and 11, when troubles are over and time enough has passed. */
export function atRest(database: MemoryDatabase, report: Report): void {
  for (const { committed: workflow } of database.workflows.values())
    if (workflow !== undefined && !isFinalWorkflowStatus(workflow.status))
      report(
        1,
        `workflow ${workflow.name} of pipeline ${workflow.pipelineNumber} waits for ever; it is ${workflow.status}`,
      )
  for (const { committed: job } of database.jobs.values())
    if (job !== undefined && !isFinalJobStatus(job.status))
      report(1, `job ${job.name} waits for ever; it is ${job.status}`)
  for (const { committed: task } of database.tasks.values())
    if (task !== undefined && task.phase !== 'finished') report(11, `a task is ${task.phase} at rest`)
  for (const { committed: attempt } of database.attempts.values())
    if (attempt !== undefined && attempt.phase !== 'finished') report(11, `an attempt is ${attempt.phase} at rest`)
  for (const { committed: lock } of database.locks.values())
    if (lock !== undefined) report(11, `the lock ${lock.key} is ${lock.held ? 'held' : 'waited for'} at rest`)
  for (const { committed: pipeline } of database.pipelines.values())
    if (pipeline?.state === 'pending') report(11, `pipeline ${pipeline.number} is pending at rest`)
  for (const { committed: chore } of database.chores.values())
    if (chore !== undefined) report(11, `a chore ${chore.kind} is left at rest`)
  for (const { committed: step } of database.steps.values())
    if (step !== undefined && step.phase !== 'finished') report(11, `a step is ${step.phase} at rest`)
  nothingHalfTaken(database, report)
  for (const { committed: project } of database.projects.values()) {
    if (project === undefined) continue
    const jobs = [...database.jobs.values()].flatMap(({ committed: job }) =>
      job?.projectId === project.id && job.number !== null ? [job.number] : [],
    )
    countsUp([...jobs, ...(database.goneNumbers.get(project.id) ?? [])], project.buildNumber, 'build', report)
    // A pipeline's number is reserved before its config is compiled; one whose server died then leaves a gap.
    const pipelines = [...database.pipelines.values()].flatMap(({ committed: pipeline }) =>
      pipeline?.projectId === project.id ? [pipeline.number] : [],
    )
    if (new Set(pipelines).size !== pipelines.length) report(10, 'two pipelines have the same number')
  }
}

function countsUp(numbers: readonly number[], last: number, what: string, report: Report): void {
  const sorted = numbers.toSorted((a, b) => a - b)
  if (sorted.length !== last || sorted.some((number, index) => number !== index + 1))
    report(10, `${what} numbers are ${sorted.join()}, and the last given is ${last}`)
}
