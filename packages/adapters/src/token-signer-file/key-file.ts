import { generateKeyPair, randomUUID } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { AppError } from '@rondo/model'
import { ifThere, makeSecretFile, replaceSecretFile } from '../durable-files.ts'

/** One key pair; its private half in PEM. */
export interface SigningKey {
  readonly id: string
  readonly createdAt: Date
  readonly privateKey: string
}

const generate = promisify(generateKeyPair)

export async function newSigningKey(createdAt: Date): Promise<SigningKey> {
  const { privateKey } = await generate('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { id: randomUUID(), createdAt, privateKey }
}

/** The keys, oldest first; undefined while there is no such file. */
export async function readKeys(path: string): Promise<readonly SigningKey[] | undefined> {
  const text = await ifThere(readFile(path, 'utf8'))
  if (text === undefined) return undefined
  if (((await stat(path)).mode & 0o077) !== 0)
    throw new AppError(
      'forbidden',
      `The signing keys ${path} can be read by others. Close them with "chmod 600 ${path}".`,
    )
  try {
    const { keys } = JSON.parse(text) as { keys: { id: string; createdAt: string; privateKey: string }[] }
    const parsed = keys.map((key) => ({ ...key, createdAt: new Date(key.createdAt) }))
    if (parsed.length > 0 && parsed.every((key) => key.privateKey.includes('PRIVATE KEY'))) return parsed
  } catch (cause) {
    throw broken(path, cause)
  }
  throw broken(path)
}

/** Makes the file, unless somebody did meanwhile. */
export function createKeys(path: string, keys: readonly SigningKey[]): Promise<void> {
  return makeSecretFile(path, contentOf(keys))
}

export function replaceKeys(path: string, keys: readonly SigningKey[]): Promise<void> {
  return replaceSecretFile(path, contentOf(keys))
}

function contentOf(keys: readonly SigningKey[]): string {
  return `${JSON.stringify({ keys }, null, 2)}\n`
}

function broken(path: string, cause?: unknown): AppError {
  return new AppError(
    'unavailable',
    `The signing keys ${path} cannot be read. Put the file back from a backup, or move it away: then new keys are made, and tokens of jobs that run now are no longer valid.`,
    { cause },
  )
}
