import type { FileHandle } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { constants, createZstdCompress } from 'node:zlib'
import type { StoredObject } from '@rondo/model'
import { untilReachable } from '../control-plane/retry.ts'
import { writeEach } from '../control-plane/write-each.ts'
import { runInternal } from '../task/launch.ts'
import type { TaskContext } from '../task/task-context.ts'
import { joinParts, partsOf, plainTar } from './plain-tar.ts'
import { wholePipes } from './whole-pipes.ts'

const pieceBytes = 256 * 1024
const level = 3
const compression = { chunkSize: pieceBytes, params: { [constants.ZSTD_c_compressionLevel]: level } }
/** Each holds some ten megabytes of the job's memory. */
const mostThreads = 4

/** How packing ended: the script's status, and what was stored when it went well. */
export type Packed = { readonly status: 0; readonly object: StoredObject } | { readonly status: number }

/** What a script packs. */
export interface PackOrder {
  readonly id: string
  /** File its output is appended to. */
  readonly out: string
  /** Shell text that sets what tar shall pack as the script's arguments. */
  readonly choose: string
  /** Name of the archive in the shared folder. */
  readonly archive: string
  /** What tar is told to do, as in `-c`. */
  readonly flags: string
  /** Whether files may change while they are packed. */
  readonly changing: boolean
}

/**
 * Packs into a file of the shared folder, and sends that file to the object store while it grows. Where the image has zstd,
 * tar's output is compressed on its way into the file, so that it is moved once; else it is here. Nothing is held whole; a
 * server that goes away has it sent again from the file.
 */
export async function packAndUpload(task: TaskContext, order: PackOrder): Promise<Packed> {
  const { archive } = order
  const compressed = `${archive}.zst`
  let status: number | undefined
  const packing = runInternal(task, order.id, order.out, packScript(task, order)).then((code) => {
    status = code
  })
  packing.catch(() => {})
  const over = () => status !== undefined
  while (!over() && !task.folder.exists(compressed) && !task.folder.exists(archive))
    await Promise.race([packing, sleep(10)])
  if (status === plainTar) {
    await joinParts(task, archive)
    status = 0
  }
  if (status !== undefined && status !== 0) return { status }
  const object = await untilReachable(
    () => (task.folder.exists(compressed) ? send(task, compressed, over) : compressAndSend(task, archive, over)),
    task.signal,
  )
  await packing
  // What a script that failed left is stored now, and swept with all that nothing names.
  for (const name of [archive, compressed, ...Object.values(partsOf(archive))]) task.folder.remove(name)
  return status === 0 ? { status: 0, object } : { status: status ?? 1 }
}

/** The status of a pipe's first program comes through a descriptor of its own, for a plain shell knows that of the last alone. */
function packScript({ spec }: TaskContext, { choose, archive, flags, changing }: PackOrder): string {
  const zstd = `zstd -q -${level} -T${Math.max(1, Math.min(mostThreads, Math.floor(spec.resources.cpus)))} -c`
  return `${choose}
${wholePipes}
archive=$RONDO_IO/${archive}
if ${zstd} </dev/null >/dev/null 2>&1; then
  status=$({ { tar ${flags}f - "$@" 3>&-; echo $? >&3; } | ${zstd} 3>&- >"$archive.zst"; } 3>&1) || exit 1
  archive=$archive.zst
else
  tar ${flags}f "$archive" "$@"; status=$?
fi
[ $status -eq 0 ] || { ${changing} && [ $status -eq 1 ]; } || exit $status
chmod a+r "$archive"`
}

function send(task: TaskContext, name: string, over: () => boolean): Promise<StoredObject> {
  return task.controlPlane.uploadObject(task.spec, growing(task, name, over), task.signal)
}

async function compressAndSend(task: TaskContext, name: string, over: () => boolean): Promise<StoredObject> {
  const compress = createZstdCompress(compression)
  // What it fails with is what the upload ends with.
  writeEach(growing(task, name, over), compress).catch(() => {})
  try {
    return await task.controlPlane.uploadObject(task.spec, compress, task.signal)
  } finally {
    // What nobody took to its end is not read any further, and its file is closed.
    compress.destroy()
  }
}

/** The bytes of a file that is being written, until its writer is over. Each piece is lent until the next one is asked for. */
async function* growing(task: TaskContext, name: string, over: () => boolean): AsyncGenerator<Buffer> {
  const file = await readable(task, name, over)
  const piece = Buffer.allocUnsafeSlow(pieceBytes)
  try {
    for (let position = 0; ; ) {
      // Asked before the read: what was written before the end is read after it.
      const last = over()
      const { bytesRead } = await file.read(piece, 0, pieceBytes, position)
      position += bytesRead
      if (bytesRead > 0) yield piece.subarray(0, bytesRead)
      else if (last) return
      // The word of its end may have come during the read: no other would follow it.
      else if (!over()) await task.notices.changed()
      task.signal.throwIfAborted()
    }
  } finally {
    await file.close()
  }
}

/** A job's user who hides files from others shows them when they are whole. */
async function readable(task: TaskContext, name: string, over: () => boolean): Promise<FileHandle> {
  while (true) {
    task.signal.throwIfAborted()
    const last = over()
    const file = await task.folder.openRead(name)
    if (file !== undefined) return file
    if (last) throw new Error(`${name} is missing from the shared folder`)
    await task.notices.changed()
  }
}
