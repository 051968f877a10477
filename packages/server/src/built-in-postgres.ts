import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EmbeddedPostgres, findEmbeddedPostgres, startEmbeddedPostgres } from '@rondo/adapters'
import type { DataFolder } from './data-folder.ts'
import type { Instance } from './instance-lock.ts'
import { createKeeper } from './keeper.ts'

/**
 * PostgreSQL of the data folder: this process starts it and brings it back, unless another does; then that one's is used,
 * and this process takes over when the other has ended. The last process that stops in words stops it.
 */
export async function openBuiltInPostgres(
  folder: DataFolder,
  instance: Instance,
): Promise<Omit<EmbeddedPostgres, 'pid'>> {
  const keeper = createKeeper(join(folder.root, 'postgres-keeper'))
  const start = () => startEmbeddedPostgres({ dataFolder: folder.postgres, logFile: join(folder.logs, 'postgres.log') })
  let own: EmbeddedPostgres | undefined
  let connectionString: string | undefined
  while (connectionString === undefined) {
    if (keeper.take()) {
      own = await start().catch((error) => {
        keeper.release()
        throw error
      })
      connectionString = own.connectionString
    } else {
      connectionString = findEmbeddedPostgres(folder.postgres)
      if (connectionString === undefined) await sleep(50)
    }
  }
  return {
    connectionString,
    async supervise(signal) {
      while (!signal.aborted && own === undefined)
        if (await keeper.wait(signal)) own = await start().catch(() => undefined)
      await own?.supervise(signal)
    },
    async stop() {
      if (!instance.othersLive() && keeper.take()) await (own ?? (await start())).stop()
      keeper.release()
    },
  }
}
