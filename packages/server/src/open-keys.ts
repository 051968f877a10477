import { randomBytes } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import {
  createFilePublishedKeys,
  createFileSealer,
  createFileTokenSigner,
  openFileKeyRing,
  systemClock,
} from '@rondo/adapters'
import type { PublishedKeys, SecretOpener, SecretSealer, TokenSigner } from '@rondo/model'
import type { DataFolder } from './data-folder.ts'
import type { Role } from './roles.ts'
import { writeOnce } from './write-once.ts'

/** What a process can do with secrets. Only one with the role `agents` hands them out, so only that holds what opens them. */
export interface Keys {
  readonly sealer: SecretSealer
  readonly published: PublishedKeys
  readonly private: PrivateKeys | undefined
}

export interface PrivateKeys {
  readonly opener: SecretOpener
  readonly signer: TokenSigner
}

/** Without the role `agents` nothing below `privateKeys` is read: that folder may be closed to the process. */
export async function openKeys(
  folder: Pick<DataFolder, 'keys' | 'privateKeys'>,
  roles: readonly Role[],
): Promise<Keys> {
  const sealingKey = join(folder.keys, 'sealing-key.json')
  const publishedKeys = join(folder.keys, 'published-keys.json')
  if (!roles.includes('agents'))
    return {
      sealer: createFileSealer(sealingKey),
      published: createFilePublishedKeys(publishedKeys, systemClock),
      private: undefined,
    }
  takeOver(folder)
  const ring = await openFileKeyRing(join(folder.privateKeys, 'key-ring.json'), sealingKey)
  const signer = createFileTokenSigner(join(folder.privateKeys, 'signing-keys.json'), systemClock, publishedKeys)
  // Published before the first token is asked for.
  await signer.publicKeys()
  return { sealer: ring, published: signer, private: { opener: ring, signer } }
}

/** Key of what jobs show to read their repository, and to continue their pipeline: both ends of that need it. */
export function openServerSecret(folder: Pick<DataFolder, 'keys'>): Buffer {
  return writeOnce(join(folder.keys, 'server-secret'), () => randomBytes(32))
}

/** Earlier versions kept all keys in one folder. What is in its place already, stays. */
function takeOver({ keys, privateKeys }: Pick<DataFolder, 'keys' | 'privateKeys'>): void {
  for (const name of ['key-ring.json', 'signing-keys.json', 'agent-token']) {
    const place = join(privateKeys, name)
    if (existsSync(place)) continue
    try {
      renameSync(join(keys, name), place)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    }
  }
}
