import type { PushedRef } from '@rondo/model'
import { readUntilFlush } from './pkt-line.ts'

/** The ref changes a push asks for: the lines before the pack. */
export function parseCommands(lines: readonly Buffer[]): readonly PushedRef[] {
  return lines.flatMap((line) => {
    const [before, after, ref] = line.toString('utf8').split('\0')[0]!.trimEnd().split(' ')
    return before && after && ref && before.length >= 40 ? [{ ref, before, after }] : []
  })
}

/** Names of the refs that receive-pack says it moved, from its side-band answer. */
export function acceptedRefs(answer: Buffer): ReadonlySet<string> {
  const outer = readUntilFlush(answer)?.lines ?? []
  const report = Buffer.concat(outer.filter((line) => line[0] === 1).map((line) => line.subarray(1)))
  const lines = readUntilFlush(report)?.lines ?? []
  return new Set(
    lines
      .map((line) => line.toString('utf8').trimEnd())
      .filter((line) => line.startsWith('ok '))
      .map((line) => line.slice(3)),
  )
}
