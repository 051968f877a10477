import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { exists, isCode, syncFolder } from '../durable-files.ts'
import { openFolded } from './folded-file.ts'
import { type Frame, frameBytes, indexOf } from './folded-format.ts'
import { countLines, openRaw } from './raw-file.ts'

const compress = promisify(zstdCompress)
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 } }

/** Where the forms of one stream lie. `fresh` exists while one is made from the other, in `draft`, which is this process's own. */
export interface StreamPaths {
  readonly raw: string
  readonly folded: string
  /** When its bytes were printed; the same for both forms. */
  readonly times: string
  readonly fresh: string
  readonly draft: string
}

/**
 * Raw to folded. At every moment one of the two is whole and durable under its name; where both are, they say the same. Run
 * again after a kill at any line, it goes on to the same end.
 */
export async function foldFile({ raw, folded, fresh, draft }: StreamPaths): Promise<void> {
  if (!(await exists(folded))) {
    const source = await openRaw(raw)
    if (source === undefined) return rm(fresh, { force: true })
    await using reading = source
    await writeDurably(draft, (target) => foldInto(reading, target))
    await link(draft, folded).catch((cause) => {
      // Another process folded it meanwhile.
      if (!isCode(cause, 'EEXIST')) throw cause
    })
    await rm(draft, { force: true })
    await syncFolder(dirname(folded))
  }
  await rm(raw, { force: true })
  // Last, so that a kill before it has the rest done again.
  await rm(fresh, { force: true })
}

/** Folded back to raw, for bytes that come after all. As safe against kills; nothing to do when the stream is not folded. */
export async function restoreFile({ raw, folded, draft }: StreamPaths): Promise<void> {
  await using source = await openFolded(folded)
  if (source === undefined) return
  await writeDurably(draft, async (target) => {
    for await (const bytes of source.read(0, source.size)) await target.writeFile(bytes)
  })
  await rename(draft, raw)
  await syncFolder(dirname(raw))
  await rm(folded)
  // Before a byte is appended: the folded form must not come back once the raw one has more.
  await syncFolder(dirname(raw))
}

async function foldInto(source: FileHandle, target: FileHandle): Promise<void> {
  const frames: Frame[] = []
  for (let position = 0; ; ) {
    const bytes = await readFrame(source, position)
    if (bytes.length === 0) break
    const packed = await compress(bytes, compression)
    await target.writeFile(packed)
    frames.push({ compressed: packed.length, raw: bytes.length, lines: countLines(bytes) })
    position += bytes.length
  }
  await target.writeFile(indexOf(frames))
}

/** A whole frame, or what is left. */
async function readFrame(source: FileHandle, position: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(frameBytes)
  let length = 0
  while (length < frameBytes) {
    const { bytesRead } = await source.read(bytes, length, frameBytes - length, position + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.subarray(0, length)
}

async function writeDurably(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await using file = await open(path, 'w', 0o640)
  await write(file)
  await file.sync()
}
