import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import type { StoredObject } from '@rondo/model'
import { untilReachable } from '../control-plane/retry.ts'
import type { TaskContext } from '../task/task-context.ts'

const pieceBytes = 256 * 1024
const blockBytes = 1024 * 1024

/** A stored archive on this machine, out of the job's reach. */
export interface Archive {
  /** Where it lies, as it was stored. */
  readonly path: string
  /** Its bytes, unpacked. */
  open(): Readable
  remove(): Promise<void>
}

/** What came back is not what was stored. */
export class DamagedArchive extends Error {}

/** Brings an archive here; throws DamagedArchive when its bytes are not the ones that were stored. Nothing of it was used by then. */
export async function download(task: TaskContext, object: StoredObject, name: string): Promise<Archive> {
  const path = join(task.folder.root, name)
  await untilReachable(async () => {
    const bytes = await task.controlPlane.downloadObject(task.spec, object.digest, task.signal)
    if ((await keep(bytes, path)) !== object.digest)
      throw new DamagedArchive('the stored archive is damaged: its checksum differs')
  }, task.signal)
  return {
    path,
    open() {
      const unpacked = createZstdDecompress({ chunkSize: pieceBytes })
      pipeline(createReadStream(path, { highWaterMark: pieceBytes }), unpacked).catch(() => {})
      return unpacked
    },
    remove: () => rm(path, { force: true }),
  }
}

/** Writes bytes to a file, many at once and while more come; answers their sha256. */
async function keep(bytes: AsyncIterable<Uint8Array>, path: string): Promise<string> {
  const hash = createHash('sha256')
  await using file = await open(path, 'w', 0o644)
  let block: Uint8Array[] = []
  let size = 0
  let writing: Promise<void> = Promise.resolve()
  const write = async () => {
    await writing
    writing = writePieces(file, block, size)
    // Whoever waits for it hears of it.
    writing.catch(() => {})
    block = []
    size = 0
  }
  for await (const piece of bytes) {
    hash.update(piece)
    block.push(piece)
    size += piece.length
    if (size >= blockBytes) await write()
  }
  await write()
  await writing
  return hash.digest('hex')
}

/** As they are: one buffer of them all would be a sixth of what bringing an archive costs. */
async function writePieces(file: FileHandle, pieces: readonly Uint8Array[], size: number): Promise<void> {
  const { bytesWritten } = await file.writev(pieces)
  // A disk that fills up takes a part of them; what is tried again says so.
  if (bytesWritten < size) await file.writeFile(Buffer.concat(pieces).subarray(bytesWritten))
}
