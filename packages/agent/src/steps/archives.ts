import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import type { StoredObject } from '@rondo/model'
import { untilReachable } from '../control-plane/retry.ts'
import { runInternal, wasLaunched } from '../task/launch.ts'
import type { TaskContext } from '../task/task-context.ts'
import { joinParts, partsOf, plainTar, splitParts } from './plain-tar.ts'

const pieceBytes = 256 * 1024
const compression = { chunkSize: pieceBytes, params: { [constants.ZSTD_c_compressionLevel]: 3 } }

/** How packing ended: the script's status, and what was stored when it went well. */
export type Packed = { readonly status: 0; readonly object: StoredObject } | { readonly status: number }

/**
 * Runs a script that packs into a file of the shared folder, and compresses that file on its way to the object store while
 * it grows. Nothing is held whole; a server that goes away has it sent again from the file.
 */
export async function packAndUpload(
  task: TaskContext,
  { id, out, script, archive }: { id: string; out: string; script: string; archive: string },
): Promise<Packed> {
  let status: number | undefined
  const packing = runInternal(task, id, out, script).then((code) => {
    status = code
  })
  packing.catch(() => {})
  const over = () => status !== undefined
  while (!over() && (await task.folder.openRead(archive).then(closeAgain)) === undefined)
    await Promise.race([packing, sleep(10)])
  if (status === plainTar) {
    await joinParts(task, archive)
    status = 0
  }
  if (status !== undefined && status !== 0) return { status }
  const object = await untilReachable(async () => {
    const file = await task.folder.openRead(archive)
    if (file === undefined) throw new Error(`${archive} is missing from the shared folder`)
    const compress = createZstdCompress(compression)
    const done = pipeline(growing(task, file, over), compress, { signal: task.signal })
    done.catch(() => {})
    try {
      return await task.controlPlane.uploadObject(task.spec, compress, task.signal)
    } finally {
      // What nobody took to its end is not read any further, and its file is closed.
      compress.destroy()
    }
  }, task.signal)
  await packing
  // What a script that failed left is stored now, and swept with all that nothing names.
  for (const name of [archive, ...Object.values(partsOf(archive))]) task.folder.remove(name)
  return status === 0 ? { status: 0, object } : { status: status ?? 1 }
}

async function closeAgain(file: FileHandle | undefined): Promise<true | undefined> {
  await file?.close()
  return file === undefined ? undefined : true
}

/** The bytes of a file that is being written, until its writer is over. */
async function* growing(task: TaskContext, file: FileHandle, over: () => boolean): AsyncGenerator<Buffer> {
  try {
    for (let position = 0; ; ) {
      // Asked before the read: what was written before the end is read after it.
      const last = over()
      const piece = Buffer.allocUnsafe(pieceBytes)
      const { bytesRead } = await file.read(piece, 0, pieceBytes, position)
      position += bytesRead
      if (bytesRead > 0) yield piece.subarray(0, bytesRead)
      else if (last) return
      else await task.notices.changed()
    }
  } finally {
    await file.close()
  }
}

/** A stored archive on this machine, out of the job's reach. */
export interface Archive {
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
      createWriteStream(path, { mode: 0o600 }),
    )
    if (hash.digest('hex') !== object.digest)
      throw new DamagedArchive('the stored archive is damaged: its checksum differs')
  }, task.signal)
  return {
    open() {
      const unpacked = createZstdDecompress({ chunkSize: pieceBytes })
      pipeline(createReadStream(path, { highWaterMark: pieceBytes }), unpacked).catch(() => {})
      return unpacked
    },
    remove: () => rm(path, { force: true }),
  }
}

/**
 * Unpacks an archive in the job, into `directory` as a shell reads it: fed through a pipe, so that it is never written
 * twice. What an agent that died had begun is begun anew; unpacking again changes nothing.
 */
export async function unpack(
  task: TaskContext,
  index: number,
  layer: number,
  archive: Archive,
  directory: string,
): Promise<boolean> {
  const { id, earlier } = freshId(task, `u${index}-${layer}`)
  const feed = `${id}.feed`
  // GNU tar takes a short piece from a pipe for a damaged archive unless it is told; others know no such option.
  const script = `
command -v tar >/dev/null || { echo "The image has no tar. Use an image that has it."; exit 1; }
export TAR_OPTIONS="$TAR_OPTIONS --read-full-records"
tar -cPf /dev/null /dev/null 2>/dev/null || exit ${plainTar}
mkfifo -m 666 "$RONDO_IO/${feed}" || exit 1
mkdir -p ${directory} && cd ${directory} && tar -xPf "$RONDO_IO/${feed}"`
  let over = false
  const unpacking = runInternal(task, id, `s${index}.out`, script).finally(() => {
    over = true
  })
  unpacking.catch(() => {})
  let pipe: number | undefined
  while (!over && pipe === undefined) {
    for (const begun of earlier) if (task.folder.progress.began(begun)) stop(task, begun, earlier)
    pipe = task.folder.openFeed(feed)
    if (pipe === undefined) await Promise.race([unpacking, sleep(2)])
  }
  if (pipe !== undefined) {
    const target = new Socket({ fd: pipe, readable: false, writable: true })
    await pipeline(archive.open(), target, { signal: task.signal }).catch(unlessClosed)
  }
  const status = await unpacking
  return status === plainTar ? unpackParts(task, index, layer, archive, directory) : status === 0
}

/** For a tar that keeps no absolute names. */
async function unpackParts(
  task: TaskContext,
  index: number,
  layer: number,
  archive: Archive,
  directory: string,
): Promise<boolean> {
  const name = `r${index}-${layer}.tar`
  await pipeline(archive.open(), (await task.folder.openWrite(name)).createWriteStream(), { signal: task.signal })
  await splitParts(task, name)
  const { relative, absolute } = partsOf(name)
  const script = `
mkdir -p ${directory} && cd ${directory} && tar -xf "$RONDO_IO/${relative}" && tar -C / -xf "$RONDO_IO/${absolute}"`
  const status = await runInternal(task, `p${index}-${layer}`, `s${index}.out`, script)
  for (const part of [name, relative, absolute]) task.folder.remove(part)
  return status === 0
}

/** The reader has all it wants, or failed: its status tells. */
function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** An id under which nothing was launched yet, and those under which something was. */
function freshId(task: TaskContext, id: string): { readonly id: string; readonly earlier: Set<string> } {
  const earlier = new Set<string>()
  let fresh = id
  for (let count = 1; wasLaunched(task, fresh); count++) {
    earlier.add(fresh)
    fresh = `${id}-${count}`
  }
  return { id: fresh, earlier }
}

/** Nobody feeds it any more, and what follows waits for its end. */
function stop(task: TaskContext, id: string, earlier: Set<string>): void {
  earlier.delete(id)
  if (task.folder.progress.statusOf(id) === undefined) task.folder.command(`kill ${id} KILL`)
}
