import type { Chore, EngineStore, EngineTransaction } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** See the port for what each means. */
export function choreReads(runner: Runner): Pick<EngineStore, 'dueChores' | 'postponeChore'> {
  return {
    async dueChores(limit) {
      const rows = await runner.rows<Chore & { bytes: number | null; sha256: string | null }>(sql`
        select c.id, c.kind, c.subject_id as "subjectId", s.output_bytes as bytes, s.output_sha256 as sha256
        from chores c left join steps s on c.kind = 'close-output' and s.id = c.subject_id and s.output_sha256 is not null
        where c.due_at <= now() order by c.due_at, c.id limit ${limit}`)
      return rows.map(({ bytes, sha256, ...chore }) =>
        bytes === null || sha256 === null ? chore : { ...chore, sent: { bytes, sha256 } },
      )
    },
    async postponeChore(id, afterMs) {
      await runner.rows(sql`update chores set due_at = now() + ${afterMs} * interval '1 ms' where id = ${id}`)
    },
  }
}

/** Writes of one transaction; see the port for what each means. */
export function choreWrites(
  tx: Runner,
): Pick<EngineTransaction, 'takeChore' | 'takeChores' | 'openWorkflows' | 'redundantWorkflows'> {
  return {
    takeChore: async (id) => (await tx.rows(sql`delete from chores where id = ${id} returning id`)).length > 0,
    async takeChores(ids) {
      // In one order, so that two processes that did the same ones do not wait for each other.
      await tx.rows(sql`
        delete from chores where id in (select id from chores where id = any(${[...ids]}::bigint[]) order by id for update)`)
    },
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
