import { AppError, type PushedRef } from '@rondo/model'
import { flush, type Packet, PacketReader, pktLine, reportBand } from './pkt-line.ts'

/** More than this many bytes of commands are no push of people. */
const maxCommandBytes = 16 * 1024 * 1024

/** What a pusher asks for: the packets before the first flush, and those before the second when it has options to say. */
export class PushRequest {
  readonly #packets = new PacketReader()
  #bytes = 0
  #reading: 'commands' | 'options' | 'pack' = 'commands'
  readonly #commands: PushedRef[] = []
  readonly #options: string[] = []
  #capabilities: ReadonlySet<string> = new Set()

  /** Looks at bytes on their way to git. Nothing is moved before the flush, so a refusal here changes nothing. */
  look(chunk: Uint8Array): void {
    if (this.#reading === 'pack') return
    this.#bytes += chunk.length
    for (const packet of this.#packets.take(chunk)) {
      if (packet === 'flush') {
        this.#reading = this.#reading === 'commands' && this.has('push-options') ? 'options' : 'pack'
        if (this.#reading === 'pack') return
      } else if (this.#reading === 'options') this.#options.push(packet.toString('utf8').replace(/\n$/, ''))
      else this.#lookAtLine(packet.toString('utf8'))
    }
    if (this.#packets.broken)
      throw new AppError('bad-request', 'This is no push: the list of refs is not in the format of git.')
    if (this.#bytes > maxCommandBytes)
      throw new AppError('too-large', 'The push names too many refs. Push them in parts.')
  }

  get commands(): readonly PushedRef[] {
    return this.#reading === 'commands' ? [] : this.#commands
  }

  /** What the pusher said with `--push-option`. */
  get options(): readonly string[] {
    return this.#options
  }

  has(capability: string): boolean {
    return this.#capabilities.has(capability)
  }

  #lookAtLine(line: string): void {
    const [command = '', capabilities] = line.split('\0')
    if (capabilities !== undefined) this.#capabilities = new Set(capabilities.trim().split(' '))
    const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (.+?)\n?$/.exec(command)
    if (match !== null) this.#commands.push({ before: match[1]!, after: match[2]!, ref: match[3]! })
  }
}

/** The answer to a push of which nothing is done, in place of receive-pack's: git shows the reason beside each ref. */
export function pushRefusal(request: PushRequest, reason: string): Uint8Array {
  if (!request.has('report-status') && !request.has('report-status-v2')) return Buffer.alloc(0)
  const line = reason.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 500)
  const report = Buffer.concat([
    pktLine('unpack ok\n'),
    ...request.commands.map(({ ref }) => pktLine(`ng ${ref} ${line}\n`)),
    flush,
  ])
  return request.has('side-band-64k') ? Buffer.concat([reportBand(report), flush]) : report
}

/**
 * The answer of receive-pack on its way to the pusher. Passed on as it comes, but for the last flush of a side band, before
 * which messages can still be put.
 */
export class PushAnswer {
  readonly #sideBand: boolean
  readonly #outer = new PacketReader()
  readonly #report = new PacketReader()
  readonly #accepted = new Set<string>()

  constructor(sideBand: boolean) {
    this.#sideBand = sideBand
  }

  /** Bytes that can go to the pusher now. */
  pass(chunk: Uint8Array): Uint8Array {
    if (!this.#sideBand) {
      this.#read(this.#report.take(chunk))
      return chunk
    }
    const packets = this.#outer.take(chunk).filter((packet) => packet !== 'flush')
    for (const packet of packets) if (packet[0] === 1) this.#read(this.#report.take(packet.subarray(1)))
    return Buffer.concat(packets.map(pktLine))
  }

  /** What ends the answer. */
  end(messages: Uint8Array): Uint8Array {
    return this.#sideBand ? Buffer.concat([messages, flush]) : Buffer.alloc(0)
  }

  /** Refs that git says it moved. */
  get accepted(): ReadonlySet<string> {
    return this.#accepted
  }

  #read(packets: readonly Packet[]): void {
    for (const packet of packets) {
      const line = packet === 'flush' ? '' : packet.toString('utf8').replace(/\n$/, '')
      if (line.startsWith('ok ')) this.#accepted.add(line.slice(3))
    }
  }
}
