import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AttemptRef, ControlPlane } from '@rondo/protocol'
import { untilReachable } from '../retry.ts'
import type { TaskFolder } from '../task-folder.ts'
import { createEndMarks } from './end-marks.ts'
import { createMasker, type Masker } from './masker.ts'

export interface PumpTotals {
  readonly bytes: number
  readonly sha256: string
  readonly truncated: boolean
}

export interface OutputPump {
  /** Looks for more output; cheap, called on every hint. */
  poke(): void
  /** Milliseconds on the monotonic clock at which output last grew. */
  lastGrowth(): number
  /** Sends what is left. Waits shortly for the end marks of `scripts`, which come after everything they printed. */
  finish(scripts?: readonly string[]): Promise<PumpTotals>
}

const chunkBytes = 512 * 1024
/** A mark follows its script's exit at once, unless the job's environment died with it. */
const markWaitMs = 3_000

export interface PumpOptions {
  readonly ref: AttemptRef
  readonly step: number
  readonly file: string
  readonly secrets: readonly string[]
  readonly maxBytes: number
  /** Ends when the server knows the step. */
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
  const masker: Masker = createMasker(options.secrets)
  const marks = createEndMarks(options.ref.attemptId)
  const hash: Hash = createHash('sha256')
  let file: FileHandle | undefined
  let raw = 0
  let masked = 0
  let durable: number | undefined
  let truncated = false
  let grown = performance.now()
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
    if (durable === undefined) {
      await options.announced()
      durable = (
        await untilReachable(() => controlPlane.appendOutput(options.ref, options.step, 0, new Uint8Array()), signal)
      ).size
    }
    while (durable < masked) {
      const from = Math.max(durable, offset)
      durable = (
        await untilReachable(
          () => controlPlane.appendOutput(options.ref, options.step, from, bytes.subarray(from - offset)),
          signal,
        )
      ).size
    }
  }

  async function readOn(): Promise<void> {
    file ??= await folder.openRead(options.file)
    if (file === undefined) return
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, raw)
      if (bytesRead === 0) return
      raw += bytesRead
      grown = performance.now()
      await send(masker.push(marks.push(buffer.subarray(0, bytesRead))))
    }
  }

  async function drain(): Promise<void> {
    do {
      again = false
      await readOn()
    } while (again)
  }

  function start(): Promise<void> {
    again = true
    running ??= drain().finally(() => {
      running = undefined
    })
    running.catch(() => {})
    return running
  }

  return {
    poke() {
      void start()
    },
    lastGrowth: () => grown,
    async finish(scripts = []) {
      await start()
      await start()
      for (
        const deadline = performance.now() + markWaitMs;
        scripts.some((id) => !marks.seen(id)) && performance.now() < deadline;
      ) {
        await sleep(1)
        await start()
      }
      await send(masker.push(marks.rest()))
      await send(masker.end())
      await file?.close()
      return { bytes: masked, sha256: hash.digest('hex'), truncated }
    },
  }
}
