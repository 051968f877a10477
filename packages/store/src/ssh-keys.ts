import type { SshKey, SshKeys } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Database } from './database.ts'

const columns = raw(`id, project_id as "projectId", hostname, public_key as "publicKey", sealed, md5, sha256`)

/** SSH keys that jobs of projects may ask for, the private halves sealed. */
export function createSshKeys(database: Database): SshKeys {
  return {
    async add(key) {
      await database.rows(sql`
        insert into ssh_keys (project_id, hostname, public_key, sealed, md5, sha256, created_by)
        values (${key.projectId}, ${key.hostname}, ${key.publicKey}, ${key.sealed}, ${key.md5}, ${key.sha256}, ${key.createdBy})
        on conflict (project_id, hostname, sha256) do update set sealed = excluded.sealed, created_by = excluded.created_by`)
    },
    of: (projectId) =>
      database.rows<SshKey>(
        sql`select ${columns} from ssh_keys where project_id = ${projectId} order by created_at, id`,
      ),
    remove: async (projectId, fingerprint, hostname) =>
      (
        await database.rows(sql`
          delete from ssh_keys where project_id = ${projectId} and ${fingerprint} in (md5, sha256)
            and (${hostname ?? null}::text is null or hostname = ${hostname ?? null}) returning id`)
      ).length > 0,
  }
}
