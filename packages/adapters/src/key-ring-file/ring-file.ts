import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { AppError } from '@rondo/model'
import { exists, isCode, makeSecretFile, replaceSecretFile } from '../durable-files.ts'

export interface Key {
  readonly id: number
  /** 32 bytes. */
  readonly secret: Buffer
  readonly createdAt: Date
}

/** The keys, newest last. The first start makes the file; of two processes that start together, one does. */
export async function readOrMakeRing(path: string): Promise<readonly Key[]> {
  if (!(await exists(path)))
    await makeSecretFile(path, contentOf([{ id: 1, secret: randomBytes(32), createdAt: new Date() }]))
  return readRing(path)
}

export async function readRing(path: string): Promise<readonly Key[]> {
  await using file = await open(path, 'r').catch((cause) => {
    throw isCode(cause, 'ENOENT') || isCode(cause, 'EACCES') ? unreadable(path, cause) : cause
  })
  const { mode } = await file.stat()
  if ((mode & 0o077) !== 0) {
    throw new AppError(
      'forbidden',
      `The key ring ${path} can be read by others. Close it with "chmod 600 ${path}", and if somebody may have copied it, set all secrets anew.`,
    )
  }
  return parseRing(path, await file.readFile('utf8'))
}

/** Whole or not at all: a torn key ring would lose every secret. */
export function writeRing(path: string, keys: readonly Key[]): Promise<void> {
  return replaceSecretFile(path, contentOf(keys))
}

function parseRing(path: string, text: string): readonly Key[] {
  try {
    const { keys } = JSON.parse(text) as { keys: { id: number; secret: string; createdAt: string }[] }
    const parsed = keys.map((key) => ({
      id: key.id,
      secret: Buffer.from(key.secret, 'base64'),
      createdAt: new Date(key.createdAt),
    }))
    const sound = parsed.every((key) => Number.isInteger(key.id) && key.secret.length === 32)
    if (sound && parsed.length > 0) return parsed.toSorted((a, b) => a.id - b.id)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  throw unreadable(path)
}

function contentOf(keys: readonly Key[]): string {
  const content = {
    keys: keys.map(({ id, secret, createdAt }) => ({
      id,
      secret: secret.toString('base64'),
      createdAt: createdAt.toISOString(),
    })),
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

function unreadable(path: string, cause?: unknown): AppError {
  return new AppError(
    'unavailable',
    `The key ring ${path} cannot be read. Restore it from a backup; without it no secret can be opened.`,
    { cause },
  )
}
