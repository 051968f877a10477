import { readdir, readFile } from 'node:fs/promises'
import sql, { raw } from 'sql-template-tag'
import type { Database } from './database.ts'

const folder = new URL('../migrations/', import.meta.url)

/** Key of the advisory lock that keeps two servers that start together from migrating at once. */
const migrationLock = 727_364

/** Applies what is missing, in order, each in the transaction that records it. Answers how many were applied. */
export async function migrate(database: Database): Promise<number> {
  const files = (await readdir(folder)).filter((name) => /^\d{4}-.+\.sql$/.test(name)).sort()
  return database.transact(async (tx) => {
    await tx.rows(sql`select pg_advisory_xact_lock(${migrationLock})`)
    await tx.rows(
      sql`create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())`,
    )
    const applied = new Set((await tx.rows<{ name: string }>(sql`select name from migrations`)).map((row) => row.name))
    const missing = files.filter((name) => !applied.has(name))
    for (const name of missing) {
      await tx.rows(raw(await readFile(new URL(name, folder), 'utf8')))
      await tx.rows(sql`insert into migrations (name) values (${name})`)
    }
    return missing.length
  })
}
