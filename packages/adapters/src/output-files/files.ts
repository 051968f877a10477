import { access, open } from 'node:fs/promises'

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

export function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code
}
