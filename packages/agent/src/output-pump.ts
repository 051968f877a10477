import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { AttemptRef, ControlPlane } from '@rondo/protocol'
import { createMasker, type Masker } from './masker.ts'
import { untilReachable } from './retry.ts'
import type { TaskFolder } from './task-folder.ts'

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
  /** Sends what is left, once nothing more is written. */
  finish(): Promise<PumpTotals>
}

const chunkBytes = 512 * 1024

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
      await send(masker.push(buffer.subarray(0, bytesRead)))
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
    async finish() {
      await start()
      await start()
      await send(masker.end())
      await file?.close()
      return { bytes: masked, sha256: hash.digest('hex'), truncated }
    },
  }
}
