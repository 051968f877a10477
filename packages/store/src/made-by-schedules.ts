import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** Which schedule made each of these pipelines, as their first event keeps it: the schedule itself may be gone or renamed. */
export async function madeBySchedules(
  runner: Runner,
  pipelineIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (pipelineIds.length === 0) return new Map()
  const rows = await runner.rows<{ id: string; name: string }>(sql`
    select made.id, first.name from unnest(${[...pipelineIds]}::uuid[]) as made(id),
      lateral (select e.data->>'schedule' as name from events e where e.pipeline_id = made.id order by e.id limit 1) first
    where first.name is not null`)
  return new Map(rows.map(({ id, name }) => [id, name]))
}
