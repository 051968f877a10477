import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { ifThere } from '../durable-files.ts'
import { footerBytes, frameAt, frameBytes, framesOf, indexBytes, type PlacedFrame } from './folded-format.ts'
import { offsetOfLine } from './raw-file.ts'

const decompress = promisify(zstdDecompress)

/** A folded stream open for reading. It unpacks one frame at a time, and only those asked for. */
export class FoldedFile {
  readonly #file: FileHandle
  readonly #frames: readonly PlacedFrame[]

  constructor(file: FileHandle, frames: readonly PlacedFrame[]) {
    this.#file = file
    this.#frames = frames
  }

  get size(): number {
    const last = this.#frames.at(-1)
    return last === undefined ? 0 : last.start + last.raw
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (const frame of this.#frames.slice(frameAt(this.#frames, 'start', start))) {
      if (frame.start >= end) return
      const bytes = await this.#unpack(frame)
      yield bytes.subarray(Math.max(0, start - frame.start), end - frame.start)
    }
  }

  /** Where a line (1 or more) starts; undefined when there are fewer lines. */
  async lineOffset(line: number): Promise<number | undefined> {
    // Line n starts behind the n-th line end, in the frame that holds it.
    const frame = this.#frames[frameAt(this.#frames, 'line', line - 1)]
    if (frame === undefined || frame.line + frame.lines < line) return undefined
    const within = await offsetOfLine([await this.#unpack(frame)], line - frame.line)
    return within === undefined ? undefined : frame.start + within
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }

  async #unpack(frame: PlacedFrame): Promise<Buffer> {
    const packed = await readExactly(this.#file, frame.at, frame.compressed)
    const bytes = await decompress(packed, { maxOutputLength: frameBytes })
    if (bytes.length !== frame.raw) throw new Error('a frame of a folded stream is not as long as its index says')
    return bytes
  }
}

/** Undefined when there is no such file. */
export async function openFolded(path: string): Promise<FoldedFile | undefined> {
  const file = await ifThere(open(path, 'r'))
  if (file === undefined) return undefined
  try {
    const { size } = await file.stat()
    const length = indexBytes(await readExactly(file, Math.max(0, size - footerBytes), footerBytes))
    return new FoldedFile(file, framesOf(await readExactly(file, size - length, length)))
  } catch (cause) {
    await file.close()
    throw cause
  }
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, position + at)
    if (bytesRead === 0) throw new Error('a folded stream is shorter than its index says')
    at += bytesRead
  }
  return bytes
}
