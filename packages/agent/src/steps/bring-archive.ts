import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import type { StoredObject } from '@rondo/model'
import { untilReachable } from '../control-plane/retry.ts'
import type { TaskContext } from '../task/task-context.ts'

const pieceBytes = 256 * 1024

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
    const hash = createHash('sha256')
    const bytes = await task.controlPlane.downloadObject(task.spec, object.digest, task.signal)
    await pipeline(
      bytes,
      async function* (source: AsyncIterable<Uint8Array>) {
        for await (const piece of source) {
          hash.update(piece)
          yield piece
        }
      },
      createWriteStream(path, { mode: 0o644 }),
    )
    if (hash.digest('hex') !== object.digest)
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
