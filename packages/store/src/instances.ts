import type { EngineStore } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** Which server processes live, by the database's clock. */
export function instanceMethods(database: Runner): Pick<EngineStore, 'announce' | 'servedSince'> {
  return {
    async announce({ name, roles }, awayAfterMs) {
      await database.rows(sql`
        insert into instances as i (name, roles, since, seen_at) values (${name}, ${[...roles]}::text[], now(), now())
        on conflict (name) do update set roles = excluded.roles, seen_at = excluded.seen_at,
          since = case when i.seen_at < now() - ${awayAfterMs} * interval '1 ms' or not i.roles @> excluded.roles then excluded.since else i.since end`)
    },
    async servedSince(role, awayAfterMs) {
      const [row] = await database.rows<{ since: Date | null }>(sql`
        select min(since) as since from instances where ${role} = any(roles) and seen_at >= now() - ${awayAfterMs} * interval '1 ms'`)
      return row?.since ?? undefined
    },
  }
}
