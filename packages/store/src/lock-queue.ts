import type { EngineTransaction, GivenLock, LockEntry, LockPlace, ReleasedLock } from '@rondo/model'
import sql, { type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'
import { projectSlugColumn } from './slug-columns.ts'

/** What the lock nodes of a workflow hold or wait for. */
export async function lockEntries(runner: Runner, workflowId: string): Promise<readonly LockEntry[]> {
  return runner.rows<LockEntry>(
    sql`select job_id as "jobId", key, held from lock_queue where workflow_id = ${workflowId} order by id`,
  )
}

/** Whether new work of the project of a row is blocked (`isBlocked`). `row`: of any table with an organisation and a project. */
export const blockedWork = (row: Sql): Sql => sql`exists (
  select from task_limits l where l.max_tasks = 0 and l.resource_class is null
    and coalesce(l.organization_id, ${row}.organization_id) = ${row}.organization_id and coalesce(l.project_id, ${row}.project_id) = ${row}.project_id)`

/** `LockPlace` of a row of the queue, as JSON. */
const placeOf = (row: Sql): Sql => sql`(
  select jsonb_build_object('projectSlug', ${projectSlugColumn}, 'pipelineNumber', ${row}.pipeline_number, 'workflowName', w.name)
  from workflows w join projects p on p.id = w.project_id join organizations o on o.id = p.organization_id where w.id = ${row}.workflow_id)`

/**
 * Gives each lock that nobody holds to who waits longest and is not blocked; answers those, whose workflows are to advance. `among`
 * tells of rows `q` of the queue which are meant. Nobody else may change these queues meanwhile, nor the limits.
 */
export function handLocksOver(runner: Runner, among: Sql): Promise<readonly GivenLock[]> {
  return runner.rows<GivenLock>(sql`
    update lock_queue n set held = true, since = now()
    from (select distinct on (q.organization_id, q.key) q.id, q.since from lock_queue q
          where ${among} and not ${blockedWork(sql`q`)}
            and not exists (select from lock_queue h where h.organization_id = q.organization_id and h.key = q.key and h.held)
          order by q.organization_id, q.key, q.id) first
    where n.id = first.id returning n.job_id as "jobId", n.key, n.workflow_id as "workflowId", n.project_id as "projectId",
      (extract(epoch from now() - first.since) * 1000)::float8 as "waitedMs", ${placeOf(sql`n`)} as place`)
}

/** Writes of one transaction; see the port for what each means. */
export function lockWrites(
  tx: Runner,
  addChore: EngineTransaction['addChore'],
): Pick<EngineTransaction, 'requestLock' | 'lockHolder' | 'releaseLocks'> {
  /**
   * The queues of an organisation change one transaction at a time; its row stands for all of them. Limits before it, as
   * `setLimit` has them: who blocks work or lets it go finds every entry, and nobody decides by what he changes.
   */
  async function holdQueues(organizationId: string): Promise<void> {
    await tx.rows(sql`lock table task_limits in row share mode`)
    await tx.rows(sql`select 1 from organizations where id = ${organizationId} for no key update`)
  }

  return {
    async requestLock({ workflow, organizationId }, { jobId, key }) {
      await holdQueues(organizationId)
      const rows = await tx.rows<{ jobId: string; newer: boolean; held: boolean }>(sql`
        select job_id as "jobId", held, project_id = ${workflow.projectId} and pipeline_number > ${workflow.pipelineNumber} as newer
        from lock_queue where organization_id = ${organizationId} and key = ${key}`)
      const own = rows.find((row) => row.jobId === jobId)
      if (own !== undefined) return own.held ? 'held' : 'waiting'
      if (rows.some((row) => row.newer)) return 'superseded'
      // Where nobody holds it, all that wait are blocked: every change hands it over.
      const free = !rows.some((row) => row.held)
      const [made] = await tx.rows<{ held: boolean; blocked: boolean }>(sql`
        with asked as (select ${organizationId}::uuid as organization_id, ${workflow.projectId}::uuid as project_id),
          judged as (select a.*, ${blockedWork(sql`a`)} as blocked from asked a),
          made as (insert into lock_queue (organization_id, key, job_id, workflow_id, project_id, pipeline_number, held)
            select organization_id, ${key}::text, ${jobId}::uuid, ${workflow.id}::uuid, project_id, ${workflow.pipelineNumber}::int, ${free}::boolean and not blocked
            from judged returning held)
        select made.held, judged.blocked from made, judged`)
      if (made?.held === true) return 'held'
      return made?.blocked === true ? 'blocked' : 'waiting'
    },
    async lockHolder(organizationId, key) {
      const [row] = await tx.rows<{ place: LockPlace }>(
        sql`select ${placeOf(sql`q`)} as place from lock_queue q where organization_id = ${organizationId} and key = ${key} and held`,
      )
      return row?.place
    },
    async releaseLocks(organizationId, jobIds) {
      await holdQueues(organizationId)
      const released = await tx.rows<ReleasedLock>(sql`
        delete from lock_queue q where job_id = any(${[...jobIds]}::uuid[]) returning job_id as "jobId", key, held, ${placeOf(sql`q`)} as place`)
      const among = sql`q.organization_id = ${organizationId} and q.key = any(${released.map((row) => row.key)})`
      const given = await handLocksOver(tx, among)
      for (const { workflowId } of given) await addChore('advance', workflowId)
      return { released, given }
    },
  }
}
