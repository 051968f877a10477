import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, type Objects } from '@rondo/model'

/** Blobs as files, named by the sha256 of their bytes. `open` sweeps what torn writes left. */
export async function openFileObjects(folder: string): Promise<Objects> {
  const incoming = join(folder, 'incoming')
  await rm(incoming, { recursive: true, force: true })
  await mkdir(incoming, { recursive: true, mode: 0o750 })

  function pathOf(digest: string): string {
    if (!/^[0-9a-f]{64}$/.test(digest))
      throw new AppError('bad-request', 'An object is named by the 64 hexadecimal digits of its sha256.')
    return join(folder, digest.slice(0, 2), digest.slice(2, 4), digest)
  }

  return {
    async write(bytes, options = {}) {
      const temporary = join(incoming, randomUUID())
      const file = await open(temporary, 'wx', 0o640)
      const hash = createHash('sha256')
      let size = 0
      try {
        for await (const chunk of bytes) {
          options.signal?.throwIfAborted()
          size += chunk.length
          if (size > (options.maxBytes ?? Number.POSITIVE_INFINITY)) {
            throw new AppError(
              'too-large',
              `The upload is larger than the ${options.maxBytes} bytes allowed. Store less, or ask an administrator to raise the limit.`,
            )
          }
          hash.update(chunk)
          await file.writev([chunk])
        }
        await file.datasync()
        await file.close()
        const digest = hash.digest('hex')
        const path = pathOf(digest)
        await mkdir(dirname(path), { recursive: true, mode: 0o750 })
        await rename(temporary, path)
        return { digest, size }
      } catch (cause) {
        await file.close().catch(() => {})
        await rm(temporary, { force: true })
        throw diskFull(cause, folder)
      }
    },
    async read(digest, range) {
      const path = pathOf(digest)
      await stat(path).catch(() => {
        throw new AppError('not-found', `There is no object ${digest}.`)
      })
      const end = range?.end === undefined ? undefined : range.end - 1
      return createReadStream(path, {
        start: range?.start ?? 0,
        ...(end === undefined ? {} : { end }),
        highWaterMark: 256 * 1024,
      })
    },
    async stat(digest) {
      const found = await stat(pathOf(digest)).catch(() => undefined)
      return found && { digest, size: found.size }
    },
    async remove(digest) {
      await rm(pathOf(digest), { force: true })
    },
  }
}

/** Names of all objects; for the sweep of what nothing refers to. */
export async function listObjects(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true })
  return entries.map((entry) => entry.split('/').at(-1) ?? '').filter((name) => /^[0-9a-f]{64}$/.test(name))
}

function diskFull(cause: unknown, folder: string): unknown {
  if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'ENOSPC') return cause
  return new AppError('unavailable', `The disk of ${folder} is full. Free some space; the upload is tried again.`, {
    cause,
  })
}
