import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@rondo/adapters'
import { createStore, type Store } from '@rondo/store'

/** A PostgreSQL of its own with the schema applied; one a test file, stopped afterwards. */
export interface TestDatabase {
  readonly store: Store
  readonly connectionString: string
  readonly postgres: EmbeddedPostgres
  /** Folder that goes away with the database, for what else a test keeps. */
  readonly folder: string
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
    async stop() {
      await store.close()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
