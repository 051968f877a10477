import type { CheckoutKey, CheckoutKeys } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Database } from './database.ts'

const columns = raw(
  `id, project_id as "projectId", type, public_key as "publicKey", sealed, md5, sha256, created_at as "createdAt", created_by as "createdBy"`,
)

/** SSH keys of projects, the private halves sealed. */
export function createCheckoutKeys(database: Database): CheckoutKeys {
  return {
    async add(key) {
      const rows = await database.rows<CheckoutKey>(sql`
        insert into checkout_keys (project_id, type, public_key, sealed, md5, sha256, created_by)
        values (${key.projectId}, ${key.type}, ${key.publicKey}, ${key.sealed}, ${key.md5}, ${key.sha256}, ${key.createdBy})
        returning ${columns}`)
      return rows[0]!
    },
    of: (projectId) =>
      database.rows<CheckoutKey>(
        sql`select ${columns} from checkout_keys where project_id = ${projectId} order by created_at desc, id`,
      ),
    byFingerprint: (sha256) =>
      database.rows<CheckoutKey>(sql`select ${columns} from checkout_keys where sha256 = ${sha256}`),
    remove: async (id) =>
      (await database.rows(sql`delete from checkout_keys where id = ${id} returning id`)).length > 0,
  }
}
