import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import type { StoredObject } from '@rondo/model'
import { untilReachable } from '../control-plane/retry.ts'
import type { TaskContext } from '../task/task-context.ts'

/** Compresses a file of the shared folder on its way to the object store; never holds it whole. */
export async function uploadCompressed(task: TaskContext, name: string): Promise<StoredObject> {
  return untilReachable(async () => {
    const file = await task.folder.openRead(name)
    if (file === undefined) throw new Error(`${name} is missing from the shared folder`)
    const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } })
    const source = file.createReadStream({ start: 0, highWaterMark: 256 * 1024 })
    const done = pipeline(source, compress)
    done.catch(() => {})
    return task.controlPlane.uploadObject(task.spec, compress, task.signal)
  }, task.signal)
}

/** What came back is not what was stored. */
export class DamagedArchive extends Error {}

/** Brings an object into the shared folder, decompressed; throws DamagedArchive when its bytes are not the ones that were stored. */
export async function downloadCompressed(task: TaskContext, object: StoredObject, name: string): Promise<void> {
  await untilReachable(async () => {
    const hash = createHash('sha256')
    const bytes = await task.controlPlane.downloadObject(task.spec, object.digest, task.signal)
    const target = (await task.folder.openWrite(name)).createWriteStream()
    await pipeline(
      Readable.from(bytes),
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          hash.update(chunk)
          yield chunk
        }
      },
      createZstdDecompress(),
      target,
    ).catch((error) => {
      throw isOfZstd(error) ? new DamagedArchive('the stored archive is damaged: it cannot be decompressed') : error
    })
    if (hash.digest('hex') !== object.digest)
      throw new DamagedArchive('the stored archive is damaged: its checksum differs')
  }, task.signal)
}

function isOfZstd(error: unknown): boolean {
  return /^(ZSTD_|Z_|ERR_ZSTD)/.test((error as { code?: unknown } | null)?.code?.toString() ?? '')
}
