import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type Objects, type StoredObject } from '@rondo/model'
import { isCode, isNoRoom, syncFolder } from '../durable-files.ts'
import { sweepFolder } from '../sweep-folder.ts'
import { untilAborted } from './until-aborted.ts'
import { writeInBlocks } from './write-in-blocks.ts'

const readBytes = 256 * 1024

type WriteOptions = NonNullable<Parameters<Objects['write']>[1]>

/**
 * Blobs as files named by the sha256 of their bytes (rule D-10): `ab/cd/abcd…`. Bytes go to `incoming/` first and get their
 * name only when they are whole and on the disk. What lies in `incoming/` when a folder is opened was torn and is swept; with
 * `shared`, other processes have the folder open too, and what they receive is left alone.
 */
export async function openFileObjects(folder: string, options: { readonly shared?: boolean } = {}): Promise<Objects> {
  const incoming = join(folder, 'incoming')
  sweepFolder(incoming, { shared: options.shared ?? false })
  await mkdir(incoming, { recursive: true, mode: 0o750 })

  return {
    async write(bytes, options = {}) {
      const temporary = join(incoming, randomUUID())
      try {
        const object = await receive(temporary, bytes, options)
        await publish(folder, temporary, object)
        return object
      } catch (cause) {
        await rm(temporary, { force: true })
        throw diskFull(cause, folder)
      }
    },
    async read(digest, range = { start: 0 }) {
      const path = pathOf(folder, digest)
      const found = await statOf(path)
      if (found === undefined) throw noSuchObject(digest)
      return readRange(path, digest, range.start, Math.min(range.end ?? found.size, found.size))
    },
    async stat(digest) {
      const found = await statOf(pathOf(folder, digest))
      return found && { digest, size: found.size }
    },
    async remove(digest) {
      await rm(pathOf(folder, digest), { force: true })
    },
    unused: (outer, idleMs) => listUnused(join(folder, nameOf(outer)), idleMs),
    removeUnused: (digest, idleMs) => removeUnused(pathOf(folder, digest), join(incoming, randomUUID()), idleMs),
  }
}

/** Digests become paths, so nothing else may pass (rule D-25). */
function pathOf(folder: string, digest: string): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return join(folder, digest.slice(0, 2), digest.slice(2, 4), digest)
  throw new AppError('bad-request', 'An object is named by the 64 hexadecimal digits of its sha256.')
}

function nameOf(outer: string): string {
  if (/^[0-9a-f]{2}$/.test(outer)) return outer
  throw new AppError('bad-request', 'A folder of objects is named by two hexadecimal digits.')
}

async function* listUnused(outer: string, idleMs: number): AsyncGenerator<readonly string[]> {
  for (const inner of await namesIn(outer)) {
    const unused: string[] = []
    for (const digest of await namesIn(join(outer, inner)))
      if (isIdle(await statOf(join(outer, inner, digest)), idleMs)) unused.push(digest)
    if (unused.length > 0) yield unused
  }
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return []
    throw cause
  }
}

function isIdle(found: { readonly mtimeMs: number } | undefined, idleMs: number): boolean {
  return found !== undefined && found.mtimeMs <= Date.now() - idleMs
}

/**
 * Out of sight first, then a second look: whoever wrote the object in between either renewed its time, so that it comes back,
 * or no longer found it and published bytes of their own.
 */
async function removeUnused(path: string, aside: string, idleMs: number): Promise<void> {
  if (!isIdle(await statOf(path), idleMs)) return
  try {
    await rename(path, aside)
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return
    throw cause
  }
  if (isIdle(await statOf(aside), idleMs)) await rm(aside)
  else await rename(aside, path)
}

/** Writes the stream to a file and syncs it. */
async function receive(path: string, bytes: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<StoredObject> {
  const limit = options.maxBytes ?? Number.POSITIVE_INFINITY
  const hash = createHash('sha256')
  let size = 0
  await using file = await open(path, 'wx', 0o640)
  await using writer = writeInBlocks(file)
  for await (const chunk of untilAborted(bytes, options.signal)) {
    size += chunk.length
    if (size > limit) throw tooLarge(limit)
    hash.update(chunk)
    await writer.add(chunk)
  }
  await writer.finish()
  await file.sync()
  return { digest: hash.digest('hex'), size }
}

/** Gives received bytes their name, unless they have it already, and makes the name durable. */
async function publish(folder: string, temporary: string, object: StoredObject): Promise<void> {
  const path = pathOf(folder, object.digest)
  const there = await statOf(path)
  if (there?.size === object.size) {
    // Written again is wanted again: the sweep of unreferenced objects goes by age. One swept this moment is published anew.
    if (await renewed(path)) return rm(temporary)
  }
  const outer = join(folder, object.digest.slice(0, 2))
  const inner = join(outer, object.digest.slice(2, 4))
  const made = await mkdir(inner, { recursive: true, mode: 0o750 })
  await rename(temporary, path)
  await syncFolder(inner)
  if (made === undefined) return
  await syncFolder(outer)
  await syncFolder(folder)
}

async function renewed(path: string): Promise<boolean> {
  const now = new Date()
  try {
    await utimes(path, now, now)
    return true
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return false
    throw cause
  }
}

async function* readRange(path: string, digest: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (start >= end) return
  await using file = await openExisting(path, digest)
  for (let at = start; at < end; ) {
    const { bytesRead, buffer } = await file.read({
      buffer: Buffer.allocUnsafe(Math.min(readBytes, end - at)),
      position: at,
    })
    if (bytesRead === 0) throw new Error(`the object ${digest} is shorter than it was`)
    yield buffer.subarray(0, bytesRead)
    at += bytesRead
  }
}

/** Another reader may have removed it since it was looked at. */
async function openExisting(path: string, digest: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (cause) {
    throw isCode(cause, 'ENOENT') ? noSuchObject(digest) : cause
  }
}

async function statOf(path: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  try {
    return await stat(path)
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined
    throw cause
  }
}

function noSuchObject(digest: string): AppError {
  return new AppError(
    'not-found',
    `There is no object ${digest}. It may have expired; run the job again to make it anew.`,
  )
}

function tooLarge(limit: number): AppError {
  return new AppError(
    'too-large',
    `The upload is larger than the ${limit} bytes allowed. Store less, or ask an administrator to raise the limit.`,
  )
}

function diskFull(cause: unknown, folder: string): unknown {
  if (!isNoRoom(cause)) return cause
  return new AppError(
    'unavailable',
    `The disk of ${folder} is full. Free some space there; the upload is tried again.`,
    { cause },
  )
}
