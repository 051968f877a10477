import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { LineTimes } from './line-times.ts'

const joinedBytes = 64 * 1024

interface Waiting {
  readonly bytes: Uint8Array
  readonly done: () => void
  readonly failed: (cause: unknown) => void
}

/**
 * A raw file open for appending. Appends that come while the disk is busy share the next sync, so a stream costs one sync at
 * a time however many callers it has.
 */
export class RawStream {
  readonly #file: FileHandle
  readonly #onDurable: (size: number) => void
  /** Bytes on the disk for certain. */
  #durable: number
  /** Bytes accepted: durable, being written, or waiting. */
  #accepted: number
  #waiting: Waiting[] = []
  /** Settles when the commits under way are over; undefined when there are none. */
  #commits: Promise<void> | undefined
  #closed = false
  readonly #times: LineTimes

  constructor(file: FileHandle, times: LineTimes, size: number, onDurable: (size: number) => void) {
    this.#file = file
    this.#times = times
    this.#durable = size
    this.#accepted = size
    this.#onDurable = onDurable
  }

  get size(): number {
    return this.#durable
  }

  get idle(): boolean {
    return this.#commits === undefined
  }

  /** Durable size after the append, as the port says; undefined when the stream was closed before. */
  async append(offset: number, bytes: Uint8Array, at?: number): Promise<number | undefined> {
    if (this.#closed) return undefined
    const known = this.#accepted - offset
    if (known >= 0 && known < bytes.length) {
      if (at !== undefined) this.#times.note(this.#accepted, at)
      return this.#commit(bytes.subarray(known))
    }
    // A repeat may be of bytes still on their way to the disk; after a gap, too, the answer has to be settled.
    await this.#commits
    return this.#durable
  }

  /** Waits for what was accepted. Repeats change nothing. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#commits
    await this.#times.settled()
    await this.#file.close()
  }

  async #commit(bytes: Uint8Array): Promise<number> {
    this.#accepted += bytes.length
    const end = this.#accepted
    const committed = new Promise<void>((done, failed) => this.#waiting.push({ bytes, done, failed }))
    this.#commits ??= this.#commitAll()
    await committed
    return end
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#write(batch)
        for (const waiting of batch) waiting.done()
      } catch (cause) {
        // Bytes that came after the failed ones would leave a hole, so they are refused with them.
        const refused = [...batch, ...this.#waiting]
        this.#waiting = []
        this.#accepted = this.#durable
        for (const waiting of refused) waiting.failed(cause)
      }
    }
    // In the same turn as the last look at what waits, so that nothing is left behind.
    this.#commits = undefined
  }

  /** Always at the durable end, so that what a failed write left is written over. */
  async #write(batch: readonly Waiting[]): Promise<void> {
    // Few bytes are written as one.
    const small = batch.reduce((all, { bytes }) => all + bytes.length, 0) <= joinedBytes
    let end = this.#durable
    for (const bytes of small ? [Buffer.concat(batch.map((one) => one.bytes))] : batch.map((one) => one.bytes)) {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, end + at)
        at += bytesWritten
      }
      end += bytes.length
    }
    // Whoever sees the bytes finds when they were printed.
    await Promise.all([this.#file.datasync(), this.#times.settled()])
    this.#durable = end
    this.#onDurable(this.#durable)
  }
}

/** Opens or makes the file. What is found is synced first: it may have been written by a process that was killed before it did. */
export async function openRawStream(
  path: string,
  times: LineTimes,
  onDurable: (size: number) => void,
): Promise<RawStream> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o640)
  try {
    const { size } = await file.stat()
    if (size > 0) await file.sync()
    return new RawStream(file, times, size, onDurable)
  } catch (cause) {
    await file.close()
    throw cause
  }
}
