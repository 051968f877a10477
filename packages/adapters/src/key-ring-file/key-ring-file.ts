import { randomBytes } from 'node:crypto'
import type { KeyRing } from '@rondo/model'
import { type Key, readOrMakeRing, readRing, writeRing } from './ring-file.ts'
import { keyIdOf, type OpeningKey, openingKeyOf, openSealed, sealFor } from './sealed-form.ts'
import { publishSealingKey } from './sealing-key-file.ts'

/**
 * A key ring kept in one file, readable by its owner only and made when there is none. The newest key seals, all open; see
 * `sealed-form.ts`. `publishedPath`: where the public half of the newest key is written, with which others seal
 * (`createFileSealer`). AppError `forbidden` when others can read the ring, `unavailable` when it is no key ring.
 */
export async function openFileKeyRing(path: string, publishedPath?: string): Promise<KeyRing> {
  let keys = readied(await readOrMakeRing(path))
  const newest = keys.at(-1)!
  if (publishedPath !== undefined) await publishSealingKey(publishedPath, newest)

  async function keyOf(id: number): Promise<OpeningKey> {
    // A key that is not known may have come by a rotation while this process ran.
    if (!keys.some((key) => key.id === id)) keys = readied(await readRing(path))
    const found = keys.find((key) => key.id === id)
    if (found !== undefined) return found
    throw new Error(`the secret was sealed with key ${id}, which is not on the ring`)
  }

  return {
    seal: async (plaintext, scope) => sealFor(newest, plaintext, scope),
    open: async (sealed, scope) => openSealed(await keyOf(keyIdOf(sealed)), sealed, scope),
  }
}

/** Adds a key that seals from the next start on; the older ones go on opening. Answers its id. */
export async function rotateFileKeyRing(path: string): Promise<number> {
  const keys = await readRing(path)
  const id = Math.max(...keys.map((key) => key.id)) + 1
  await writeRing(path, [...keys, { id, secret: randomBytes(32), createdAt: new Date() }])
  return id
}

function readied(keys: readonly Key[]): readonly OpeningKey[] {
  return keys.map(({ id, secret }) => openingKeyOf(id, secret))
}
