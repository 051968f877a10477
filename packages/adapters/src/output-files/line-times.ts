import { appendFile, open } from 'node:fs/promises'
import type { OutputTime } from '@rondo/model'
import { ifThere } from '../durable-files.ts'

/** A record: the offset of a stream's byte and when it was printed, as 64-bit floating point numbers, little endian. */
const recordBytes = 16
/** What was printed within so many milliseconds was printed at once: nobody reads a log more finely. */
const togetherMs = 10

/**
 * Says when what follows a byte of a stream was printed, in a file beside it. It is not synced: what a machine that loses its
 * power forgets is when lines were printed, and not the lines.
 */
export class LineTimes {
  readonly #path: string
  #last = Number.NEGATIVE_INFINITY
  #written: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  note(offset: number, at: number): void {
    if (Math.abs(at - this.#last) < togetherMs) return
    this.#last = at
    const record = Buffer.alloc(recordBytes)
    record.writeDoubleLE(offset, 0)
    record.writeDoubleLE(at, 8)
    this.#written = this.#written
      .then(() => appendFile(this.#path, record, { mode: 0o640 }))
      .catch(() => {
        // A full disk refuses the bytes as well, and says so.
      })
  }

  /** Ends when all of them are with the system. */
  settled(): Promise<void> {
    return this.#written
  }
}

/** Those after the first `known`, in the order of the stream; none where there is no file. */
export async function readTimes(path: string, known: number): Promise<readonly OutputTime[]> {
  await using file = await ifThere(open(path, 'r'))
  if (file === undefined) return []
  const { size } = await file.stat()
  const start = known * recordBytes
  const bytes = Buffer.alloc(Math.max(0, Math.floor((size - start) / recordBytes) * recordBytes))
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
  return Array.from({ length: Math.floor(bytesRead / recordBytes) }, (_, index) => ({
    offset: bytes.readDoubleLE(index * recordBytes),
    at: bytes.readDoubleLE(index * recordBytes + 8),
  }))
}
