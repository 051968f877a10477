import type { StepOutput } from '@rondo/model'

/** Says in which line of a step's output a byte stands. */
export interface LineCounter {
  /** Counted from 1; undefined when nobody wants to know any more. */
  lineOf(stepId: string, offset: number, dropped: () => boolean): Promise<number | undefined>
}

const kept = 500
const newline = 10

/**
 * Bytes that are durable never change, so what was counted once is gone on from: whoever opens the page of a long output
 * again pays for what came since.
 */
export function createLineCounter(output: Pick<StepOutput, 'read'>): LineCounter {
  /** The furthest that was counted of each, least lately used first. */
  const counted = new Map<string, { readonly offset: number; readonly newlines: number }>()

  return {
    async lineOf(stepId, offset, dropped) {
      const known = counted.get(stepId)
      let { offset: at, newlines } = known !== undefined && known.offset <= offset ? known : { offset: 0, newlines: 0 }
      for await (const bytes of output.read(stepId, at, offset)) {
        if (dropped()) return undefined
        at += bytes.length
        newlines += newlinesIn(bytes)
      }
      if (known === undefined || known.offset <= at) {
        counted.delete(stepId)
        counted.set(stepId, { offset: at, newlines })
        if (counted.size > kept) counted.delete(counted.keys().next().value!)
      }
      return newlines + 1
    },
  }
}

function newlinesIn(bytes: Uint8Array): number {
  let count = 0
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === newline) count++
  return count
}
