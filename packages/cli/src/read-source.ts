import { closeSync, openSync, readSync } from 'node:fs'
import { CallError } from './noun.ts'

/** More than the language allows in any encoding (docs/config-limits.md): what is larger is told by its size. */
const maxBytes = 16 * 1024 * 1024
const chunkBytes = 256 * 1024

/** Text of a file, or of the standard input for `-`. */
export function readSource(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path))
  } catch (cause) {
    const reason = cause instanceof TypeError ? 'it is not text in UTF-8' : reasonOf(cause)
    throw new CallError(`${path === '-' ? 'The standard input' : path} cannot be read: ${reason}`)
  }
}

/** Never more than a little beyond the bound, wherever it comes from: a device has no size and no end. */
function readBytes(path: string): Buffer {
  const file = path === '-' ? 0 : openSync(path, 'r')
  try {
    const chunks: Buffer[] = []
    for (let bytes = 0; ; ) {
      const chunk = Buffer.alloc(chunkBytes)
      const read = readSome(file, chunk)
      if (read === 0) return Buffer.concat(chunks)
      bytes += read
      if (bytes > maxBytes) throw new RangeError(`it is larger than ${maxBytes / 1024 / 1024} MiB`)
      chunks.push(chunk.subarray(0, read))
    }
  } finally {
    if (file !== 0) closeSync(file)
  }
}

/** The standard input may be one that says "not yet" instead of waiting. */
function readSome(file: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(file, chunk)
    } catch (cause) {
      if (codeOf(cause) !== 'EAGAIN') throw cause
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}

function reasonOf(cause: unknown): string {
  const code = codeOf(cause)
  if (code === 'ENOENT') return 'there is no such file.'
  if (code === 'EISDIR') return 'it is a folder.'
  if (code === 'EACCES') return 'this user may not read it.'
  return cause instanceof Error ? cause.message : String(cause)
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
