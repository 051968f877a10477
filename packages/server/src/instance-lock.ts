import { join } from 'node:path'
import { takeProcessLock } from '@rondo/adapters'
import { AppError } from '@rondo/model'

/** Keeps a second server away from the same data folder. */
export function takeInstanceLock(dataFolder: string): Disposable {
  const lock = takeProcessLock(join(dataFolder, 'server.pid'))
  if (!lock.taken)
    throw new AppError(
      'conflict',
      `Rondo already runs on ${dataFolder} (process ${lock.holder.pid}). Stop it first, or set RONDO_DATA to another folder.`,
    )
  return { [Symbol.dispose]: () => lock.release() }
}
