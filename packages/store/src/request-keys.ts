import type { EngineTransaction } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

interface KeyRow {
  readonly fingerprint: string
  readonly madeId: string | null
}

/** Writes of one transaction; see the port for what each means. */
export function requestKeyWrites(tx: Runner): Pick<EngineTransaction, 'takeKey' | 'readKey' | 'bindKey'> {
  async function read(scope: string, key: string): Promise<KeyRow | undefined> {
    const rows = await tx.rows<KeyRow>(sql`
      select fingerprint, made_id as "madeId" from request_keys where scope = ${scope} and key = ${key} and at >= now() - interval '24 hours'`)
    return rows[0]
  }

  return {
    async takeKey({ scope, key, fingerprint }) {
      // Those of yesterday go a few at a time; what somebody else deletes is left to them.
      await tx.rows(sql`
        delete from request_keys where (scope, key) in (
          select scope, key from request_keys where at < now() - interval '24 hours' order by at limit 100 for update skip locked)`)
      // Waits for whoever uses the same key now, and finds it free when they roll back.
      const first = await tx.rows(sql`
        insert into request_keys as k (scope, key, fingerprint) values (${scope}, ${key}, ${fingerprint})
        on conflict (scope, key) do update set fingerprint = excluded.fingerprint, made_id = null, at = now()
          where k.at < now() - interval '24 hours' returning key`)
      return first.length > 0 ? undefined : read(scope, key)
    },
    readKey: ({ scope, key }) => read(scope, key),
    async bindKey({ scope, key }, madeId) {
      await tx.rows(sql`update request_keys set made_id = ${madeId} where scope = ${scope} and key = ${key}`)
    },
  }
}
