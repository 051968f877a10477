import type { ReservedPipeline } from '@rondo/model'
import sql from 'sql-template-tag'
import { usableContexts } from './contexts.ts'
import type { Runner } from './database.ts'

/** The next pipelines of projects, one for each id in the list, which may hold an id several times; in its order. */
export async function reservePipelines(
  runner: Runner,
  projectIds: readonly string[],
): Promise<readonly (ReservedPipeline | undefined)[]> {
  const rows = await runner.rows<ReservedPipeline & { projectId: string }>(sql`
    with asked as (select id, count(*)::int as times from unnest(${[...projectIds]}::uuid[]) id group by id order by id),
    taken as (
      update projects p set pipeline_number = pipeline_number + a.times from asked a where p.id = a.id
      returning p.id, p.organization_id, pipeline_number - a.times as before, a.times,
        array(${usableContexts(sql`p.organization_id`, sql`p.id`)}) as contexts)
    select uuidv7() as id, t.id as "projectId", t.before + turn as number, t.contexts
    from taken t, generate_series(1, t.times) turn order by t.id, turn`)
  const reserved = Map.groupBy(rows, (row) => row.projectId)
  return projectIds.map((projectId) => {
    const next = reserved.get(projectId)?.shift()
    return next && { id: next.id, number: next.number, contexts: next.contexts }
  })
}
