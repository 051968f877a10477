/** One line of Git's wire format: four hexadecimal digits of length, then the bytes. */
export function pktLine(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

export const flush = Buffer.from('0000')

/** Whole lines at the start of `bytes`, up to and without the first flush; `rest` starts after it. Undefined: more is needed. */
export function readUntilFlush(bytes: Buffer): { lines: readonly Buffer[]; rest: Buffer } | undefined {
  const lines: Buffer[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16)
    if (length === 0) return { lines, rest: bytes.subarray(at + 4) }
    if (Number.isNaN(length) || length < 4 || at + length > bytes.length) return undefined
    lines.push(bytes.subarray(at + 4, at + length))
    at += length
  }
  return undefined
}

/** Messages that Git shows as `remote: …`, in packets of the progress band. */
export function remoteMessages(lines: readonly string[]): Buffer {
  return Buffer.concat(lines.map((line) => pktLine(Buffer.concat([Buffer.from([2]), Buffer.from(`${line}\n`)]))))
}
