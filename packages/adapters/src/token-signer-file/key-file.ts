import { generateKeyPair, randomUUID } from 'node:crypto'
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '@rondo/model'

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
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw cause
  })
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
export async function createKeys(path: string, keys: readonly SigningKey[]): Promise<void> {
  const fresh = await writeAside(path, keys)
  try {
    await link(fresh, path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  } finally {
    await rm(fresh)
  }
  await syncFolder(path)
}

export async function replaceKeys(path: string, keys: readonly SigningKey[]): Promise<void> {
  await rename(await writeAside(path, keys), path)
  await syncFolder(path)
}

async function writeAside(path: string, keys: readonly SigningKey[]): Promise<string> {
  const aside = `${path}.${randomUUID()}`
  await using file = await open(aside, 'wx', 0o600)
  await file.writeFile(`${JSON.stringify({ keys }, null, 2)}\n`)
  await file.sync()
  return aside
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(dirname(path), 'r')
  await folder.sync()
}

function broken(path: string, cause?: unknown): AppError {
  return new AppError(
    'unavailable',
    `The signing keys ${path} cannot be read. Put the file back from a backup, or move it away: then new keys are made, and tokens of jobs that run now are no longer valid.`,
    { cause },
  )
}
