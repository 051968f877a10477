import type { Chore, EngineStore, EngineTransaction } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** See the port for what each means. */
export function choreReads(runner: Runner): Pick<EngineStore, 'dueChores' | 'postponeChore'> {
  return {
    dueChores: (limit) =>
      runner.rows<Chore>(
        sql`select id, kind, subject_id as "subjectId" from chores where due_at <= now() order by due_at, id limit ${limit}`,
      ),
    async postponeChore(id, afterMs) {
      await runner.rows(sql`update chores set due_at = now() + ${afterMs} * interval '1 ms' where id = ${id}`)
    },
  }
}

/** Writes of one transaction; see the port for what each means. */
export function choreWrites(tx: Runner): Pick<EngineTransaction, 'takeChore' | 'openWorkflows' | 'redundantWorkflows'> {
  return {
    takeChore: async (id) => (await tx.rows(sql`delete from chores where id = ${id} returning id`)).length > 0,
    openWorkflows: async (pipelineId) =>
      (
        await tx.rows<{ id: string }>(
          sql`select id from workflows where pipeline_id = ${pipelineId} and stopped_at is null order by id`,
        )
      ).map((row) => row.id),
    redundantWorkflows: async (pipelineId) =>
      (
        await tx.rows<{ id: string }>(sql`
          select w.id from pipelines newer join workflows w on w.project_id = newer.project_id and w.stopped_at is null
            join pipelines older on older.id = w.pipeline_id
          where newer.id = ${pipelineId} and older.number < newer.number and older.git->>'branch' = newer.git->>'branch'
            and older.trigger in ('webhook', 'api') and w.rerun_of is null order by w.id`)
      ).map((row) => row.id),
  }
}
