import type { OutputTime } from '@rondo/model'
import { createTimeline, type Timeline } from '@rondo/protocol'

const newline = 10

/**
 * An output with the time before each line, as in `2026-01-02T03:04:05.678Z line`. Lines of which no time is known, of steps
 * that ran before times were kept, have a dash in its place.
 */
export async function* withTimes(
  output: AsyncIterable<Uint8Array>,
  times: readonly OutputTime[],
  offset = 0,
): AsyncGenerator<Buffer> {
  const timeline = timelineOf(times)
  let begins = true
  let at = offset
  for await (const bytes of output) {
    const parts: Uint8Array[] = []
    for (let from = 0; from < bytes.length; ) {
      if (begins) parts.push(Buffer.from(`${stamp(timeline.timeOf(at + from))} `))
      const end = bytes.indexOf(newline, from)
      begins = end !== -1
      const next = begins ? end + 1 : bytes.length
      parts.push(bytes.subarray(from, next))
      from = next
    }
    at += bytes.length
    yield Buffer.concat(parts)
  }
}

/**
 * An output as JSON, as scripts expect it behind the `output_url` of API v1.1: an array of messages in their order, each of what
 * was printed at once, with its time.
 */
export async function* asMessages(
  output: AsyncIterable<Uint8Array>,
  times: readonly OutputTime[],
  offset = 0,
): AsyncGenerator<string> {
  const timeline = timelineOf(times)
  const decoder = new TextDecoder()
  let before = '['
  function* messageOf(message: string, at: number | undefined): Generator<string> {
    if (message === '') return
    const time = at === undefined ? {} : { time: new Date(at).toISOString() }
    yield `${before}${JSON.stringify({ type: 'out', ...time, message })}`
    before = ',\n'
  }
  let position = offset
  for await (const bytes of output) {
    for (const { from, to, at } of timeline.pieces(position, bytes.length))
      yield* messageOf(decoder.decode(bytes.subarray(from, to), { stream: true }), at)
    position += bytes.length
  }
  yield* messageOf(decoder.decode(), timeline.timeOf(position))
  yield before === '[' ? '[]' : ']'
}

function timelineOf(times: readonly OutputTime[]): Timeline {
  const timeline = createTimeline()
  timeline.add(times.map((time) => [time.offset, time.at]))
  return timeline
}

function stamp(at: number | undefined): string {
  return at === undefined ? '-' : new Date(at).toISOString()
}
