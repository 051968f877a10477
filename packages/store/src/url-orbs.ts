import { createHash } from 'node:crypto'
import { AppError, type UrlOrbPrefix, type UrlOrbStore } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Database } from './database.ts'

const columns = raw('id, name, prefix')
/** As officially documented (semantics 27). */
const maxPrefixes = 5

/** Orbs at addresses: where they may come from, and what stood there. */
export function createUrlOrbStore(database: Database): UrlOrbStore {
  return {
    prefixes: (organizationId) =>
      database.rows<UrlOrbPrefix>(
        sql`select ${columns} from url_orb_prefixes where organization_id = ${organizationId} order by created_at, id`,
      ),
    addPrefix: (organizationId, { name, prefix }) =>
      database.transact(async (tx) => {
        await tx.rows(sql`select from organizations where id = ${organizationId} for update`)
        const [created] = await tx.rows<UrlOrbPrefix>(sql`
          insert into url_orb_prefixes (organization_id, name, prefix)
          select ${organizationId}, ${name}, ${prefix}
          where (select count(*) from url_orb_prefixes where organization_id = ${organizationId}) < ${maxPrefixes}
          returning ${columns}`)
        if (created !== undefined) return created
        throw new AppError(
          'conflict',
          `The organization allows ${maxPrefixes} prefixes already, which is the most there may be. Delete one first.`,
        )
      }),
    removePrefix: async (organizationId, id) =>
      (
        await database.rows(
          sql`delete from url_orb_prefixes where organization_id = ${organizationId} and id = ${id} returning id`,
        )
      ).length > 0,
    recent: async (url, maxAgeMs) =>
      (
        await database.rows<{ source: string; digest: string }>(sql`
          select s.source, s.digest from url_orbs u join orb_sources s on s.digest = u.digest
          where u.url = ${url} and u.fetched_at > now() - ${maxAgeMs} * interval '1 millisecond'`)
      )[0],
    async remember(url, source) {
      const digest = createHash('sha256').update(source).digest('hex')
      await database.rows(
        sql`insert into orb_sources (digest, source) values (${digest}, ${source}) on conflict do nothing`,
      )
      await database.rows(sql`
        insert into url_orbs (url, digest) values (${url}, ${digest})
        on conflict (url) do update set digest = excluded.digest, fetched_at = now()`)
      return digest
    },
  }
}
