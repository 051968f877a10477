import { createHash, type Hash } from 'node:crypto'
import { closeSync, fstatSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { AppError } from '@rondo/model'
import type { AttemptRef, ControlPlane } from '@rondo/protocol'
import { untilReachable } from '../control-plane/retry.ts'
import { waitBriefly } from '../room/wait-briefly.ts'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import { createEndMarks } from './end-marks.ts'
import type { Masker } from './masker.ts'

export interface PumpTotals {
  readonly bytes: number
  readonly sha256: string
  readonly truncated: boolean
}

export interface OutputPump {
  /** Looks for more output; cheap, called on every hint. */
  poke(): void
  /** Milliseconds on the monotonic clock at which output was last seen to have grown. */
  lastGrowth(): number
  /** Sends what is left. Waits shortly for the end marks of `scripts`, which come after everything they printed. */
  finish(scripts?: readonly string[]): Promise<PumpTotals>
  /** Sends nothing more: the agent goes, and the next one reads the file again. */
  abandon(): Promise<void>
}

/** Half of what the server takes at once: a mask may be longer than what it hides. */
const chunkBytes = 2 * 1024 * 1024
const readAtOnceBytes = 64 * 1024
/** Room before a piece for what was held of the one before it; longer secrets than this are rare, and cost a copy. */
const headroomBytes = 16 * 1024
/** Two pieces are on their way, and one is read and masked. */
const blockCount = 3
/** A mark follows its script's exit at once, unless the job's environment died with it. */
const markWaitMs = 3_000

export interface PumpOptions {
  readonly ref: AttemptRef
  readonly step: number
  readonly file: string
  readonly masker: Masker
  readonly maxBytes: number
  /** The server has nothing of this step yet; else it is asked for what it has. */
  readonly fresh: boolean
  /** Aborts when the task is stopped: what is left of its output is sent, but nobody waits for more of it. */
  readonly stopped: AbortSignal
  /** Sees that the server is told of the step, and ends when it knows it. */
  readonly announced: () => Promise<void>
}

/**
 * Carries a step's output file to the server: masked, numbered, acknowledged. After a restart the file is read again from
 * its start; masking does not depend on how a stream is cut, so what the server has is simply passed over.
 */
export function createOutputPump(
  controlPlane: ControlPlane,
  folder: TaskFolder,
  options: PumpOptions,
  signal: AbortSignal,
): OutputPump {
  const { masker } = options
  const marks = createEndMarks(options.ref.attemptId)
  const hash: Hash = createHash('sha256')
  let file: number | undefined
  let raw = 0
  /** When what was read last was printed. A file knows it, also when it is read late. */
  let printedAt = Date.now()
  let masked = 0
  let announced = false
  let durable = options.fresh ? 0 : undefined
  let truncated = false
  /** The last two pieces, which may be on their way. One that failed lets none follow. */
  let older = Promise.resolve()
  let sending = Promise.resolve()
  /** Memory of large pieces, used in turn: new memory for each keeps the collector of garbage busy. */
  const blocks: Buffer[] = []
  let turn = 0
  /** Size of the file at the last look for growth, and when it was first seen. */
  let grown = { size: 0, at: performance.now() }
  let ended = false
  let running: Promise<void> | undefined
  let again = false

  async function send(bytes: Buffer): Promise<void> {
    const room = options.maxBytes - masked
    if (truncated) return
    if (bytes.length > room) {
      truncated = true
      bytes = Buffer.concat([
        bytes.subarray(0, room),
        Buffer.from(`\n\n[Output is cut here: a step may print ${options.maxBytes} bytes. The step itself goes on.]\n`),
      ])
    }
    const offset = masked
    masked += bytes.length
    hash.update(bytes)
    if (bytes.length === 0) return
    await older
    older = sending
    sending = transmit(offset, bytes, printedAt, older)
    sending.catch(() => {})
  }

  /** Ends when the server has the bytes for certain, and those before them. */
  async function transmit(offset: number, bytes: Buffer, at: number, before: Promise<void>): Promise<void> {
    // Whoever watches hears of the step first; the two go by different connections, and neither waits for the other.
    if (!announced) options.announced().catch(() => {})
    announced = true
    const end = offset + bytes.length
    // While the disk takes one piece, the network takes the next. One that overtakes the other is sent again.
    const early = durable !== undefined && durable < end ? append(offset, bytes, at) : undefined
    early?.catch(() => {})
    await before
    durable ??= await append(0, new Uint8Array(), at)
    if (early !== undefined) durable = Math.max(durable, await early)
    while (durable < end) {
      const from = Math.max(durable, offset)
      durable = await append(from, bytes.subarray(from - offset), at)
    }
  }

  async function append(offset: number, bytes: Uint8Array, at: number): Promise<number> {
    const send = () => controlPlane.appendOutput(options.ref, options.step, offset, bytes, at)
    const { size } = await untilReachable(send, signal).catch(async (error) => {
      // A server of an earlier version, which must know the step first.
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error
      await options.announced()
      return untilReachable(send, signal)
    })
    return size
  }

  async function readOn(): Promise<void> {
    if (ended) return
    file ??= folder.openOutput(options.file)
    if (file === undefined) return
    for (;;) {
      const { size, mtimeMs } = fstatSync(file)
      const length = Math.min(chunkBytes, size - raw)
      if (length <= 0) return
      printedAt = Math.round(mtimeMs)
      const large = length > readAtOnceBytes
      const bytes = large ? await readLarge(file, length) : readSmall(file, raw, length)
      raw += bytes.length
      const own = marks.push(bytes)
      await send(masker.push(own, large && own === bytes ? headroomBytes : 0))
    }
  }

  /** Into the block whose piece has arrived for certain. */
  async function readLarge(from: number, length: number): Promise<Buffer> {
    turn = (turn + 1) % blockCount
    const block = blocks[turn] ?? Buffer.allocUnsafeSlow(headroomBytes + chunkBytes)
    blocks[turn] = block
    const { bytesRead } = await readAsync(from, block, headroomBytes, length, raw)
    return block.subarray(headroomBytes, headroomBytes + bytesRead)
  }

  async function drain(): Promise<void> {
    do {
      again = false
      await readOn()
    } while (again)
    await sending
  }

  function start(): Promise<void> {
    again = true
    running ??= drain().finally(() => {
      running = undefined
    })
    running.catch(() => {})
    return running
  }

  async function hasPrinted(scripts: readonly string[]): Promise<boolean> {
    await start()
    return scripts.every((id) => marks.seen(id))
  }

  function close(): void {
    ended = true
    if (file !== undefined) closeSync(file)
    file = undefined
  }

  return {
    poke() {
      void start()
    },
    lastGrowth() {
      // Asked of the file: what was read of it stays behind while the server is away.
      const size = file === undefined ? 0 : fstatSync(file).size
      if (size > grown.size) grown = { size, at: performance.now() }
      return grown.at
    },
    async finish(scripts = []) {
      try {
        // What was said at the end belongs to it, also where the disk had no room for that yet.
        await folder.appended(options.file, options.stopped).catch(() => {})
        await start()
        await waitBriefly(() => hasPrinted(scripts), { ms: markWaitMs, folder: folder.root, signal: options.stopped })
        await send(masker.push(marks.rest()))
        await send(masker.end())
        await sending
        return { bytes: masked, sha256: hash.digest('hex'), truncated }
      } finally {
        close()
      }
    },
    async abandon() {
      await running?.catch(() => {})
      close()
    },
  }
}

const readAsync = promisify(read)

function readSmall(file: number, from: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length)
  return buffer.subarray(0, readSync(file, buffer, 0, length, from))
}
