import type { EngineTransaction, LockEntry } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** What the lock nodes of a workflow hold or wait for. */
export async function lockEntries(runner: Runner, workflowId: string): Promise<readonly LockEntry[]> {
  return runner.rows<LockEntry>(
    sql`select job_id as "jobId", key, held from lock_queue where workflow_id = ${workflowId} order by id`,
  )
}

/** Writes of one transaction; see the port for what each means. */
export function lockWrites(
  tx: Runner,
  addChore: EngineTransaction['addChore'],
): Pick<EngineTransaction, 'requestLock' | 'releaseLocks'> {
  /** The queues of an organisation change one transaction at a time; its row stands for all of them. */
  async function holdQueues(organizationId: string): Promise<void> {
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
      const held = rows.length === 0
      await tx.rows(sql`
        insert into lock_queue (organization_id, key, job_id, workflow_id, project_id, pipeline_number, held)
        values (${organizationId}, ${key}, ${jobId}, ${workflow.id}, ${workflow.projectId}, ${workflow.pipelineNumber}, ${held})`)
      return held ? 'held' : 'waiting'
    },
    async releaseLocks(organizationId, jobIds) {
      await holdQueues(organizationId)
      const keys = await tx.rows<{ key: string }>(
        sql`delete from lock_queue where job_id = any(${[...jobIds]}::uuid[]) returning key`,
      )
      const next = await tx.rows<{ workflowId: string }>(sql`
        update lock_queue q set held = true, since = now()
        from (select distinct on (key) id, held from lock_queue
              where organization_id = ${organizationId} and key = any(${keys.map((row) => row.key)}) order by key, held desc, id) first
        where q.id = first.id and not first.held returning q.workflow_id as "workflowId"`)
      for (const { workflowId } of next) await addChore('advance', workflowId)
    },
  }
}
