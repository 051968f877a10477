import type { Writable } from 'node:stream'

/**
 * Writes pieces one after the other, and then the end; a piece is its source's again when the next one is asked for, so that
 * a source needs memory for one of them. New memory for each would have the collector of garbage go through all there is
 * every few dozen megabytes. On a failure both ends are closed.
 */
export async function writeEach(source: AsyncIterable<Uint8Array>, target: Writable): Promise<void> {
  let fail: (cause: unknown) => void = () => {}
  // What was destroyed does not call back for all that was written to it.
  const closed = () => fail(new Error('closed before all was written'))
  target.once('close', closed)
  try {
    for await (const piece of source) {
      if (target.destroyed) throw new Error('closed before all was written')
      await new Promise<void>((resolve, reject) => {
        fail = reject
        target.write(piece, (cause) => (cause ? reject(cause) : resolve()))
      })
    }
    target.end()
  } catch (cause) {
    target.destroy(cause as Error)
    throw cause
  } finally {
    target.off('close', closed)
  }
}
