import { type FileHandle, open } from 'node:fs/promises'
import { ifThere } from '../durable-files.ts'

const readBytes = 256 * 1024
const newline = 10

/** A raw file open for reading; undefined when there is none. It stays readable when folding takes its name away. */
export function openRaw(path: string): Promise<FileHandle | undefined> {
  return ifThere(open(path, 'r'))
}

/** Bytes from `start` to `end`; closes the file. */
export async function* readRaw(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  try {
    for (let at = start; at < end; ) {
      const { bytesRead, buffer } = await file.read({
        buffer: Buffer.allocUnsafe(Math.min(readBytes, end - at)),
        position: at,
      })
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
      at += bytesRead
    }
  } finally {
    await file.close()
  }
}

export function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines++
  return lines
}

/** Where a line (1 or more) starts, counted from the start of these bytes; undefined when so many line ends are not in them. */
export async function offsetOfLine(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  line: number,
): Promise<number | undefined> {
  let left = line
  let offset = 0
  for await (const piece of pieces) {
    for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, at + 1))
      if (--left === 0) return offset + at + 1
    offset += piece.length
  }
  return undefined
}
