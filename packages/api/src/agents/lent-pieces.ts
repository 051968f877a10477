import { on } from 'node:events'
import type { Readable } from 'node:stream'

/**
 * The bytes of a request as they come. Each piece is lent until the next one is asked for: then its memory is given back. The
 * collector of garbage would come for it when some dozen megabytes lie around, and then goes through all there is: that took
 * the server longer than everything else it does with an upload. A body that breaks off is an error.
 */
export async function* lentPieces(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    if (body.destroyed) throw brokenOff()
    // By their event, for whoever reads a stream is given a copy of all pieces that wait.
    for await (const [piece] of on(body, 'data', { close: ['end', 'close'], highWaterMark: 1, lowWaterMark: 1 })) {
      yield piece
      giveBack(piece)
    }
    if (!body.readableEnded) throw brokenOff()
  } finally {
    if (!body.readableEnded) body.destroy()
  }
}

/** Small pieces are parts of a memory that they share with others. */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

function brokenOff(): Error {
  return new Error('The body of the request broke off.')
}
