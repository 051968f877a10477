import type { FileHandle } from 'node:fs/promises'

const blockBytes = 1024 * 1024
/** Blocks that lie idle: new memory for each object would keep the collector of garbage busy. */
const idleBlocks: Buffer[] = []
const mostIdleBlocks = 4

/** Gathers pieces and writes many at once, while more come: a write costs as much as it moves and then some. */
export interface BlockWriter extends AsyncDisposable {
  /** Copies a piece; waits while the disk is behind. */
  add(piece: Uint8Array): Promise<void>
  /** Writes what is left. */
  finish(): Promise<void>
}

/** Writes to a file from where it stands. One that is disposed of before it finished leaves the file as far as it came. */
export function writeInBlocks(file: FileHandle): BlockWriter {
  let block = takeBlock()
  let filled = 0
  let writing: Promise<void> = Promise.resolve()

  async function flush(): Promise<void> {
    await writing
    const full = block
    // Whoever waits for it hears of what becomes of it.
    writing = file.writeFile(full.subarray(0, filled)).finally(() => giveBlock(full))
    writing.catch(() => {})
    block = takeBlock()
    filled = 0
  }

  return {
    async add(piece) {
      for (let at = 0; at < piece.length; ) {
        const part = piece.subarray(at, at + blockBytes - filled)
        block.set(part, filled)
        filled += part.length
        at += part.length
        if (filled === blockBytes) await flush()
      }
    },
    async finish() {
      await flush()
      await writing
    },
    async [Symbol.asyncDispose]() {
      giveBlock(block)
      await writing.catch(() => {})
    },
  }
}

function takeBlock(): Buffer {
  return idleBlocks.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
}

function giveBlock(block: Buffer): void {
  if (idleBlocks.length < mostIdleBlocks) idleBlocks.push(block)
}
