import type { UserKey, UserKeys } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Database } from './database.ts'

const columns = raw(`id, user_id as "userId", name, public_key as "publicKey", sha256, created_at as "createdAt"`)

/** Public SSH keys of people. */
export function createUserKeys(database: Database): UserKeys {
  return {
    async add({ userId, name, publicKey, sha256 }) {
      const [key] = await database.rows<UserKey>(sql`
        insert into user_keys (user_id, name, public_key, sha256) values (${userId}, ${name}, ${publicKey}, ${sha256})
        on conflict (sha256) do nothing returning ${columns}`)
      return key
    },
    of: (userId) =>
      database.rows<UserKey>(sql`select ${columns} from user_keys where user_id = ${userId} order by created_at, id`),
    remove: async (id, userId) =>
      (await database.rows(sql`delete from user_keys where id = ${id} and user_id = ${userId} returning id`)).length >
      0,
  }
}
