/** What a mark in the stream tells; see supervisor.sh for who writes which. */
export interface Mark {
  readonly kind: string
  readonly id: string
  readonly text: string
}

export type StreamPart = { readonly bytes: Buffer } | { readonly mark: Mark }

const separator = 0x1e
const longestMark = 4096

/** Writes one mark. The token is known to one task alone, so no other output can look like it by chance. */
export function formatMark(token: string, mark: Mark): string {
  return `\x1erondo:${token}:${mark.kind}:${mark.id}:${mark.text}\x1e`
}

/**
 * Takes marks out of a task's output. What it answers depends on the bytes alone and not on how they were cut into
 * chunks; bytes are held back only while they could still become a mark.
 */
export function createMarkReader(token: string): { push(chunk: Buffer): StreamPart[]; rest(): Buffer } {
  const opening = Buffer.from(`\x1erondo:${token}:`)
  let held: Buffer = Buffer.alloc(0)

  function push(chunk: Buffer): StreamPart[] {
    const data = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const parts: StreamPart[] = []
    let from = 0
    let at = 0
    while (at < data.length) {
      const start = data.indexOf(separator, at)
      if (start < 0) break
      const found = readMark(data, start, opening)
      if (found === 'not-a-mark') {
        at = start + 1
        continue
      }
      if (start > from) parts.push({ bytes: data.subarray(from, start) })
      from = start
      if (found === 'incomplete') {
        held = Buffer.from(data.subarray(start))
        return parts
      }
      parts.push({ mark: found.mark })
      from = found.end
      at = found.end
    }
    if (from < data.length) parts.push({ bytes: data.subarray(from) })
    held = Buffer.alloc(0)
    return parts
  }

  return { push, rest: () => held }
}

function readMark(
  data: Buffer,
  start: number,
  opening: Buffer,
): 'not-a-mark' | 'incomplete' | { readonly mark: Mark; readonly end: number } {
  const available = Math.min(opening.length, data.length - start)
  if (data.compare(opening, 0, available, start, start + available) !== 0) return 'not-a-mark'
  if (available < opening.length) return 'incomplete'
  const close = data.indexOf(separator, start + opening.length)
  if (close < 0) return data.length - start > longestMark ? 'not-a-mark' : 'incomplete'
  const [kind = '', id = '', ...text] = data.toString('utf8', start + opening.length, close).split(':')
  return { mark: { kind, id, text: text.join(':') }, end: close + 1 }
}
