import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, type StepOutput } from '@rondo/model'

interface Stream {
  readonly file: FileHandle
  size: number
  /** Appends of one stream follow each other. */
  tail: Promise<unknown>
  idle: NodeJS.Timeout | undefined
}

type Watcher = (size: number, closed: boolean) => void

const idleMs = 5_000

/** Step output as one append-only file a step, synced before it is acknowledged. */
export async function openFileOutput(folder: string): Promise<StepOutput> {
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const streams = new Map<string, Promise<Stream>>()
  const watchers = new Map<string, Set<Watcher>>()
  const closed = new Set<string>()

  function pathOf(stepId: string): string {
    if (!/^[0-9a-f-]{36}$/.test(stepId)) throw new AppError('bad-request', 'A step is named by its id.')
    // The last digits of a version 7 id are random, so the folders fill evenly.
    return join(folder, stepId.slice(-2), `${stepId}.log`)
  }

  async function openStream(stepId: string): Promise<Stream> {
    await mkdir(join(folder, stepId.slice(-2)), { recursive: true, mode: 0o750 })
    const file = await open(pathOf(stepId), 'a+', 0o640)
    return { file, size: (await file.stat()).size, tail: Promise.resolve(), idle: undefined }
  }

  function streamOf(stepId: string): Promise<Stream> {
    const known = streams.get(stepId)
    if (known) return known
    const opening = openStream(stepId)
    streams.set(stepId, opening)
    opening.catch(() => streams.delete(stepId))
    return opening
  }

  /** Files that nobody writes for a while are closed; the next append opens them again. */
  function touch(stepId: string, stream: Stream): void {
    clearTimeout(stream.idle)
    stream.idle = setTimeout(() => {
      streams.delete(stepId)
      void stream.tail.finally(() => stream.file.close())
    }, idleMs)
    stream.idle.unref()
  }

  function tell(stepId: string, size: number): void {
    for (const watcher of watchers.get(stepId) ?? []) watcher(size, closed.has(stepId))
  }

  async function appendNow(stream: Stream, offset: number, bytes: Uint8Array): Promise<number> {
    const known = stream.size - offset
    if (known < 0 || known >= bytes.length) return stream.size
    const fresh = bytes.subarray(known)
    // Unlike write, this goes on until every byte is written.
    await stream.file.appendFile(fresh)
    await stream.file.datasync()
    stream.size += fresh.length
    return stream.size
  }

  async function sizeOf(stepId: string): Promise<number> {
    const open = streams.get(stepId)
    if (open) return (await open).size
    return (await stat(pathOf(stepId)).catch(() => undefined))?.size ?? 0
  }

  return {
    async append(stepId, offset, bytes) {
      const stream = await streamOf(stepId)
      touch(stepId, stream)
      const appended = stream.tail.then(() => appendNow(stream, offset, bytes))
      stream.tail = appended.catch(() => {})
      const size = await appended.catch((cause: NodeJS.ErrnoException) => {
        // What was written of a torn append is found by asking the file again.
        streams.delete(stepId)
        throw cause.code === 'ENOSPC'
          ? new AppError(
              'unavailable',
              `The disk of ${folder} is full. Free some space; the agent keeps its output and tries again.`,
              { cause },
            )
          : cause
      })
      tell(stepId, size)
      return size
    },
    size: sizeOf,
    async *read(stepId, start, end) {
      const size = Math.min(await sizeOf(stepId), end ?? Number.POSITIVE_INFINITY)
      if (size <= start) return
      const file = await open(pathOf(stepId), 'r')
      try {
        for (let at = start; at < size; ) {
          const { bytesRead, buffer } = await file.read({
            buffer: Buffer.allocUnsafe(Math.min(256 * 1024, size - at)),
            position: at,
          })
          if (bytesRead === 0) return
          yield buffer.subarray(0, bytesRead)
          at += bytesRead
        }
      } finally {
        await file.close()
      }
    },
    async close(stepId) {
      closed.add(stepId)
      tell(stepId, await sizeOf(stepId))
      if (!watchers.has(stepId)) closed.delete(stepId)
    },
    watch(stepId, listener) {
      const set = watchers.get(stepId) ?? new Set()
      watchers.set(stepId, set)
      set.add(listener)
      return {
        [Symbol.dispose]: () => {
          set.delete(listener)
          if (set.size > 0) return
          watchers.delete(stepId)
          closed.delete(stepId)
        },
      }
    },
  }
}
