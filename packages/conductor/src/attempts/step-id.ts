import { createHash } from 'node:crypto'

/**
 * The id of an attempt's step. It follows from the two, so that output may come before anybody has written down that the
 * step began: neither waits for the other. A UUID of version 8, whose bits are ours to choose.
 */
export function stepIdOf(attemptId: string, index: number): string {
  const bytes = createHash('sha256').update(`${attemptId}/${index}`).digest().subarray(0, 16)
  bytes[6] = 0x80 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
