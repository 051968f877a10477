/**
 * The final form of a stream: a Zstandard file in the public "seekable" format, which any zstd program unpacks.
 *
 *   frame …         256 KiB of the stream each (the last may be shorter), compressed alone, with a checksum
 *   skippable frame our line index: for each frame, how many line ends are in it (32 bits each)
 *   skippable frame the seek table: for each frame before it, compressed and raw size (32 bits each), then the count of
 *                   entries (32 bits), a descriptor byte (0: no checksums here), and the seekable magic number
 *
 * All numbers are little endian. The line index has an entry in the seek table, with a raw size of 0.
 */
export interface Frame {
  readonly compressed: number
  readonly raw: number
  readonly lines: number
}

/** A frame and where it stands: `at` in the file, `start` in the stream, `line` the number of its first line. */
export interface PlacedFrame extends Frame {
  readonly at: number
  readonly start: number
  readonly line: number
}

export const frameBytes = 256 * 1024
export const footerBytes = 9
const entryBytes = 8
const headerBytes = 8
const lineIndexMagic = 0x184d2a50
const seekTableMagic = 0x184d2a5e
const seekableMagic = 0x8f92eab1

/** What follows the frames: line index and seek table. */
export function indexOf(frames: readonly Frame[]): Buffer {
  const lineIndex = skippable(lineIndexMagic, Buffer.concat(frames.map((frame) => uint32(frame.lines))))
  const entries = [...frames, { compressed: lineIndex.length, raw: 0 }].map((frame) =>
    Buffer.concat([uint32(frame.compressed), uint32(frame.raw)]),
  )
  const footer = Buffer.concat([uint32(entries.length), Buffer.of(0), uint32(seekableMagic)])
  return Buffer.concat([lineIndex, skippable(seekTableMagic, Buffer.concat([...entries, footer]))])
}

/** Bytes at the end of a file that hold line index and seek table, by its last nine bytes. */
export function indexBytes(footer: Buffer): number {
  if (footer.length !== footerBytes || footer.readUInt32LE(5) !== seekableMagic)
    throw new Error('this is no folded stream: its end is cut or changed')
  const entries = footer.readUInt32LE(0)
  return headerBytes + (entries - 1) * 4 + headerBytes + entries * entryBytes + footerBytes
}

/** The frames that an index, as `indexOf` made it, speaks of. */
export function framesOf(index: Buffer): readonly PlacedFrame[] {
  const count = index.readUInt32LE(index.length - footerBytes) - 1
  const table = headerBytes + count * 4 + headerBytes
  const frames: PlacedFrame[] = []
  let next = { at: 0, start: 0, line: 0 }
  for (let i = 0; i < count; i++) {
    const compressed = index.readUInt32LE(table + i * entryBytes)
    const raw = index.readUInt32LE(table + i * entryBytes + 4)
    const lines = index.readUInt32LE(headerBytes + i * 4)
    frames.push({ ...next, compressed, raw, lines })
    next = { at: next.at + compressed, start: next.start + raw, line: next.line + lines }
  }
  return frames
}

/** Last frame that starts at or before a place; frames are in order of every one of their places. */
export function frameAt(frames: readonly PlacedFrame[], place: 'start' | 'line', value: number): number {
  let low = 0
  for (let high = frames.length - 1; low < high; ) {
    const middle = (low + high + 1) >> 1
    if (frames[middle]![place] <= value) low = middle
    else high = middle - 1
  }
  return low
}

function skippable(magic: number, content: Buffer): Buffer {
  return Buffer.concat([uint32(magic), uint32(content.length), content])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
