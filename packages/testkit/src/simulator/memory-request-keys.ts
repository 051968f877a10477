import type { EngineTransaction, RequestKey } from '@rondo/model'
import { Cell, type MemoryDatabase, type Work } from './memory-database.ts'
import { type Effect, required } from './memory-identity.ts'
import type { RequestKeyRow } from './memory-rows.ts'

const keptMs = 24 * 3_600_000

/** Keys of requests in memory. */
export function memoryRequestKeys(
  database: MemoryDatabase,
  work: Work,
  effect: Effect,
): Pick<EngineTransaction, 'takeKey' | 'readKey' | 'bindKey'> {
  const idOf = ({ scope, key }: RequestKey) => JSON.stringify([scope, key])
  const fresh = (row: RequestKeyRow | undefined) => (row !== undefined && row.at >= work.now - keptMs ? row : undefined)
  const shown = ({ fingerprint, madeId }: RequestKeyRow) => ({ fingerprint, madeId })

  return {
    async takeKey(key) {
      await effect('take the key of a request')
      const cell = database.requestKeys.get(idOf(key)) ?? new Cell<RequestKeyRow>('request keys')
      database.requestKeys.set(idOf(key), cell)
      const row = fresh(await work.lock(cell))
      if (row !== undefined) return shown(row)
      work.write(cell, { fingerprint: key.fingerprint, madeId: null, at: work.now })
      return undefined
    },
    async readKey(key) {
      await effect('read the key of a request')
      const row = fresh(work.read(database.requestKeys.get(idOf(key))))
      return row && shown(row)
    },
    async bindKey(key, madeId) {
      await effect('bind the key of a request')
      const cell = required(database.requestKeys.get(idOf(key)), 'request key', key.key)
      const row = await work.lock(cell)
      if (row !== undefined) work.write(cell, { ...row, madeId })
    },
  }
}
