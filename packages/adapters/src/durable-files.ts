import { randomUUID } from 'node:crypto'
import { access, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes names given or taken in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}

export async function exists(path: string): Promise<boolean> {
  return (await ifThere(access(path).then(() => true))) ?? false
}

/** Undefined when the file is not there. */
export async function ifThere<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined
    throw cause
  }
}

/** Whether an error says that a disk has no room left, or a quota of it none. */
export function isNoRoom(cause: unknown): boolean {
  return isCode(cause, 'ENOSPC') || isCode(cause, 'EDQUOT')
}

export function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code
}

/** Makes a file that only its owner may read, whole or not at all; of several that make it at the same time, one does. */
export async function makeSecretFile(path: string, content: string): Promise<void> {
  const fresh = await writeAside(path, content)
  try {
    await link(fresh, path)
  } catch (cause) {
    if (!isCode(cause, 'EEXIST')) throw cause
  } finally {
    await rm(fresh)
  }
  await syncFolder(dirname(path))
}

/** As `makeSecretFile`, in the place of what is there. */
export async function replaceSecretFile(path: string, content: string): Promise<void> {
  await rename(await writeAside(path, content), path)
  await syncFolder(dirname(path))
}

async function writeAside(path: string, content: string): Promise<string> {
  const fresh = `${path}.${randomUUID()}`
  await using file = await open(fresh, 'wx', 0o600)
  await file.writeFile(content)
  await file.sync()
  return fresh
}
