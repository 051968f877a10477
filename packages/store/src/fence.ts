import { AppError, type AttemptIdentity, type FencedRef } from '@rondo/model'
import sql, { empty } from 'sql-template-tag'
import type { Runner } from './database.ts'

type AttemptRow = AttemptIdentity & { readonly acknowledged: number }

/** The fence (rule D-02): the newest attempt of its task, with this epoch, unfinished or held, and this agent's. `hold` locks the row. */
export async function findAttempt(runner: Runner, agentId: string, ref: FencedRef, hold: boolean): Promise<AttemptRow> {
  const rows = await runner.rows<AttemptRow>(sql`
    select a.id as "attemptId", a.epoch, a.task_id as "taskId", t.index as "taskIndex", t.job_id as "jobId", j.workflow_id as "workflowId",
      w.pipeline_id as "pipelineId", j.project_id as "projectId", p.organization_id as "organizationId", a.granted_at is not null as granted, a.acknowledged
    from attempts a join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id join workflows w on w.id = j.workflow_id join projects p on p.id = j.project_id
    where a.id = ${ref.attemptId} and a.epoch = ${ref.epoch} and t.attempt_id = a.id and a.agent_id = ${agentId} and (a.phase <> 'finished' or a.held_until > now())
    ${hold ? sql`for update of a` : empty}`)
  if (rows[0] === undefined)
    throw new AppError(
      'gone',
      `Attempt ${ref.attemptId} (epoch ${ref.epoch}) is not this agent's any more. Stop its work.`,
    )
  return rows[0]
}
