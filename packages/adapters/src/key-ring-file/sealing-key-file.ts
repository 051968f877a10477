import { readFile } from 'node:fs/promises'
import { AppError, type SecretSealer } from '@rondo/model'
import { ifThere, replaceSecretFile } from '../durable-files.ts'
import { type SealingKey, sealFor } from './sealed-form.ts'

/**
 * Seals with what `openFileKeyRing` published, and opens nothing: for processes that are told secrets, and may give them to nobody.
 * AppError `unavailable` when nothing was published yet.
 */
export function createFileSealer(path: string): SecretSealer {
  return {
    // Secrets are set seldom, and the ring may have a new key by now.
    seal: async (plaintext, scope) => sealFor(await readSealingKey(path), plaintext, scope),
  }
}

/** Its content is no secret; that nobody else writes it is what counts. */
export async function publishSealingKey(path: string, key: SealingKey): Promise<void> {
  const content = contentOf(key)
  if ((await ifThere(readFile(path, 'utf8'))) !== content) await replaceSecretFile(path, content)
}

async function readSealingKey(path: string): Promise<SealingKey> {
  const text = await ifThere(readFile(path, 'utf8'))
  if (text === undefined)
    throw new AppError(
      'unavailable',
      'Secrets cannot be stored yet: a server process with the role agents has to start once, which makes the keys.',
    )
  try {
    const { id, publicHalf } = JSON.parse(text) as { id: number; publicHalf: string }
    const bytes = Buffer.from(publicHalf, 'base64')
    if (Number.isInteger(id) && bytes.length === 32) return { id, publicHalf: bytes }
  } catch (cause) {
    throw broken(path, cause)
  }
  throw broken(path)
}

function contentOf({ id, publicHalf }: SealingKey): string {
  return `${JSON.stringify({ id, publicHalf: publicHalf.toString('base64') }, null, 2)}\n`
}

function broken(path: string, cause?: unknown): AppError {
  return new AppError(
    'unavailable',
    `The file ${path} cannot be read. Remove it and restart the server process with the role agents, which writes it anew.`,
    { cause },
  )
}
