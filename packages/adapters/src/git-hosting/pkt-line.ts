/** Git's wire format: four hexadecimal digits of length (they count themselves), then the bytes; `0000` is a flush. */
export const flush = Buffer.from('0000')

export type Packet = Buffer | 'flush'

const maxContent = 65_516

export function pktLine(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

/**
 * Splits a stream into packets, however it is cut. What is not in the format ends the reading: `take` then answers no more
 * packets, and `broken` is true.
 */
export class PacketReader {
  /** Start of a packet whose end has not come; shorter than a packet. */
  #rest = Buffer.alloc(0)
  broken = false

  take(chunk: Uint8Array): Packet[] {
    const bytes = Buffer.concat([this.#rest, chunk])
    const packets: Packet[] = []
    let at = 0
    while (!this.broken && at + 4 <= bytes.length) {
      const digits = bytes.toString('latin1', at, at + 4)
      const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : -1
      if (length !== 0 && (length < 4 || length > maxContent + 4)) this.broken = true
      else if (length > 0 && at + length > bytes.length) break
      else {
        packets.push(length === 0 ? 'flush' : bytes.subarray(at + 4, at + length))
        at += length === 0 ? 4 : length
      }
    }
    this.#rest = bytes.subarray(at)
    return packets
  }
}

/** Bytes in packets of the side band's first channel, where git looks for the report on a push. */
export function reportBand(report: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < report.length; at += maxContent - 1)
    pieces.push(pktLine(Buffer.concat([Buffer.of(1), report.subarray(at, at + maxContent - 1)])))
  return Buffer.concat(pieces)
}

/** Packets of the progress band, which git shows as lines `remote: …`. */
export function remoteMessages(messages: readonly string[]): Buffer {
  return Buffer.concat(messages.flatMap((message) => message.split('\n').map(remoteLine)))
}

/** Without control characters: what a config or a commit says must not drive the pusher's terminal. */
function remoteLine(line: string): Buffer {
  return pktLine(Buffer.concat([Buffer.of(2), Buffer.from(`${line.replace(/[^\P{Cc}\t]/gu, '').slice(0, 1000)}\n`)]))
}
