import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@rondo/adapters'
import { createStore, type Store } from '@rondo/store'
import pg from 'pg'

/** A PostgreSQL of its own with the schema applied; one a test file, stopped afterwards. */
export interface TestDatabase {
  readonly store: Store
  readonly connectionString: string
  readonly postgres: EmbeddedPostgres
  /** Folder that goes away with the database, for what else a test keeps. */
  readonly folder: string
  /** As if a server had been there for agents for an hour, and would be for the next: who is silent may be given up. */
  agentsWereServed(): Promise<void>
  stop(): Promise<void>
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-database-'))
  // PostgreSQL runs as another user when the tests run as root.
  chmodSync(folder, 0o755)
  const postgres = await startEmbeddedPostgres({
    dataFolder: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
  })
  const store = createStore({ connectionString: postgres.connectionString, connections: 24 })
  await store.migrate()
  return {
    store,
    connectionString: postgres.connectionString,
    postgres,
    folder,
    async agentsWereServed() {
      const client = new pg.Client({ connectionString: postgres.connectionString })
      await client.connect()
      await client.query(`
        insert into instances (name, roles, since, seen_at)
        values ('long there', '{agents}', now() - interval '1 hour', now() + interval '1 hour') on conflict do nothing`)
      await client.end()
    },
    async stop() {
      await store.close()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
