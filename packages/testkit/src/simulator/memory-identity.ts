import { AppError, type AttemptIdentity, type FencedRef } from '@rondo/model'
import type { MemoryDatabase, Work } from './memory-database.ts'
import type { AttemptRow, TaskRow } from './memory-rows.ts'

/** Lets the process pause, die or lose its connection before a statement; called before each. Answers at once when nothing happens. */
export type Effect = (what: string) => Promise<void> | void

/** The fence (rule D-02), as the real store has it. */
export function fenced(
  database: MemoryDatabase,
  work: Work,
  agentId: string,
  ref: FencedRef,
): AttemptIdentity & { readonly acknowledged: number } {
  const attempt = work.read(database.attempts.get(ref.attemptId))
  const task = attempt === undefined ? undefined : work.read(database.tasks.get(attempt.taskId))
  if (
    attempt === undefined ||
    task === undefined ||
    attempt.epoch !== ref.epoch ||
    task.attemptId !== attempt.id ||
    attempt.agentId !== agentId ||
    attempt.phase === 'finished'
  )
    throw new AppError(
      'gone',
      `Attempt ${ref.attemptId} (epoch ${ref.epoch}) is not this agent's any more. Stop its work.`,
    )
  return { ...identify(database, work, attempt, task), acknowledged: attempt.acknowledged }
}

/** Everything an attempt belongs to. */
export function identify(database: MemoryDatabase, work: Work, attempt: AttemptRow, task: TaskRow): AttemptIdentity {
  const job = required(work.read(database.jobs.get(task.jobId)), 'job', task.jobId)
  const workflow = required(work.read(database.workflows.get(job.workflowId)), 'workflow', job.workflowId)
  const project = required(work.read(database.projects.get(job.projectId)), 'project', job.projectId)
  return {
    attemptId: attempt.id,
    epoch: attempt.epoch,
    taskId: task.id,
    taskIndex: task.index,
    jobId: job.id,
    workflowId: workflow.id,
    pipelineId: workflow.pipelineId,
    projectId: project.id,
    organizationId: project.organizationId,
    granted: attempt.grantedAt !== null,
  }
}

export function contextNames(database: MemoryDatabase, organizationId: string): readonly string[] {
  return [...(database.contexts.get(organizationId) ?? [])]
}

export function required<T>(found: T | undefined, what: string, id: string): T {
  if (found === undefined) throw new Error(`there is no ${what} ${id}`)
  return found
}
