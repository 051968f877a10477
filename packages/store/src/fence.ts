import { type AgentsRef, AppError, type AttemptIdentity, type FencedRef } from '@rondo/model'
import sql, { empty } from 'sql-template-tag'
import type { Runner } from './database.ts'

type Identity = AttemptIdentity & { readonly acknowledged: number }
type AttemptRow = Identity & { readonly agentId: string }

/** Attempts that may still write, which those of a revoked agent may not, with what they belong to; further conditions follow. */
const openAttempts = sql`
  select a.agent_id as "agentId", a.id as "attemptId", a.epoch, a.task_id as "taskId", t.index as "taskIndex", t.job_id as "jobId", j.workflow_id as "workflowId",
    w.pipeline_id as "pipelineId", j.project_id as "projectId", p.organization_id as "organizationId", a.granted_at is not null as granted, a.acknowledged
  from attempts a join agents g on g.id = a.agent_id and g.revoked_at is null join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id join workflows w on w.id = j.workflow_id join projects p on p.id = j.project_id
  where t.attempt_id = a.id and (a.phase <> 'finished' or a.held_until > now())`

/** The fence (rule D-02): the newest attempt of its task, with this epoch, unfinished or held, and this agent's. `hold` locks the row. */
export async function findAttempt(runner: Runner, agentId: string, ref: FencedRef, hold: boolean): Promise<Identity> {
  const rows = await runner.rows<AttemptRow>(
    sql`${openAttempts} and a.id = ${ref.attemptId} and a.epoch = ${ref.epoch} and a.agent_id = ${agentId} ${hold ? sql`for update of a` : empty}`,
  )
  if (rows[0] === undefined) throw gone(ref)
  return withoutAgent(rows[0])
}

/** As `findAttempt` with `hold`, for many: undefined for what is gone, and for what somebody else holds. */
export async function findAttempts(
  runner: Runner,
  refs: readonly AgentsRef[],
): Promise<readonly (Identity | undefined)[]> {
  const rows = await runner.rows<AttemptRow>(
    sql`${openAttempts} and a.id = any(${refs.map((ref) => ref.attemptId)}::uuid[]) order by a.id for update of a skip locked`,
  )
  const found = new Map(rows.map((row) => [row.attemptId, row]))
  return refs.map((ref) => {
    const row = found.get(ref.attemptId)
    return row?.epoch === ref.epoch && row.agentId === ref.agentId ? withoutAgent(row) : undefined
  })
}

function withoutAgent({ agentId: _, ...identity }: AttemptRow): Identity {
  return identity
}

function gone(ref: FencedRef): AppError {
  return new AppError(
    'gone',
    `Attempt ${ref.attemptId} (epoch ${ref.epoch}) is not this agent's any more. Stop its work.`,
  )
}
