import type { DuePush, NotedPush, Pushes } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Database } from './database.ts'

/** Whoever receives a push settles it sooner than that, unless the push is large or its process has ended. */
const firstLookMs = 15_000

const columns = raw(
  `p.id, p.project_id as "projectId", p.actor_id as "actorId", p.refs, p.pull_requests as "pullRequests"`,
)

export function createPushes(database: Database): Pushes {
  return {
    async note({ projectId, actorId, refs, pullRequests }) {
      const rows = await database.rows<NotedPush>(sql`
        insert into pushes as p (project_id, actor_id, refs, pull_requests, due_at)
        values (${projectId}, ${actorId}, ${JSON.stringify(refs)}::jsonb,
          ${pullRequests === undefined ? null : JSON.stringify(pullRequests)}::jsonb, now() + ${firstLookMs} * interval '1 ms')
        returning ${columns}`)
      return withoutNull(rows[0]!)
    },
    async due(limit) {
      const rows = await database.rows<DuePush>(sql`
        select ${columns}, (extract(epoch from now() - p.noted_at) * 1000)::float8 as "ageMs"
        from pushes p where p.due_at <= now() order by p.due_at limit ${limit}`)
      return rows.map(withoutNull)
    },
    async othersDid({ id }, { ref, after }) {
      const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? []
      const built =
        kind === 'heads'
          ? sql`l.git->>'branch' = ${name} and l.git->>'revision' = ${after}`
          : sql`l.git->>'tag' = ${name}`
      const own = await database.rows(sql`
        select from pushes p where p.id = ${id}
          and not exists (select from pushes q where q.project_id = p.project_id and (q.noted_at, q.id) > (p.noted_at, p.id)
            and q.refs @> ${JSON.stringify([{ ref, after }])}::jsonb)
          and not exists (select from pipelines l where l.project_id = p.project_id and l.created_at >= p.noted_at and l.trigger = 'webhook' and ${built})`)
      return own.length === 0
    },
    async postpone(id, afterMs) {
      await database.rows(sql`update pushes set due_at = now() + ${afterMs} * interval '1 ms' where id = ${id}`)
    },
    async settle(id) {
      await database.rows(sql`delete from pushes where id = ${id}`)
    },
  }
}

function withoutNull<Row extends NotedPush>(row: Row): Row {
  return { ...row, pullRequests: row.pullRequests ?? undefined }
}
