import { secretForms } from './secret-forms.ts'

const mask = Buffer.from('****')
const tableBits = 20

export interface Masker {
  /** Bytes that are safe to show. What could be the beginning of a secret is held back until it is decided. */
  push(chunk: Buffer): Buffer
  /** The rest, once no more will come. */
  end(): Buffer
}

/**
 * Replaces every occurrence of every form of every secret, also where occurrences overlap. The result depends on the
 * whole stream and never on how it was cut, so that a restarted agent produces the same bytes again.
 */
export function createMasker(secrets: readonly string[]): Masker {
  return createMaskerFactory(secrets)()
}

/** Maskers that share one index of the secrets, for the steps of a job. */
export function createMaskerFactory(secrets: readonly string[]): () => Masker {
  const needles = secretForms(secrets)
  if (needles.length === 0) return () => ({ push: (chunk) => chunk, end: () => Buffer.alloc(0) })
  const index = createIndex(needles)
  return () => maskerOf(index)
}

function maskerOf(index: NeedleIndex): Masker {
  let held: Buffer = Buffer.alloc(0)
  /** Bytes of `held` that belong to a mask already written. */
  let covered = 0

  function scan(chunk: Buffer, last: boolean): Buffer {
    const data = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const parts: Buffer[] = []
    let shown = 0
    let maskedTo = covered
    let at = 0
    for (;;) {
      at = index.nextCandidate(data, at)
      const length = at < data.length ? index.match(data, at, last) : 0
      if (at >= data.length || length === 'undecided') break
      if (length > 0) {
        if (at >= maskedTo) {
          parts.push(data.subarray(Math.max(shown, Math.min(maskedTo, at)), at), mask)
          shown = at
        }
        maskedTo = Math.max(maskedTo, at + length)
      }
      at += 1
    }
    const end = Math.min(at, data.length)
    const showFrom = Math.max(shown, maskedTo)
    if (end > showFrom) parts.push(data.subarray(showFrom, end))
    held = Buffer.from(data.subarray(end))
    covered = Math.max(0, maskedTo - end)
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
  }

  return { push: (chunk) => scan(chunk, false), end: () => scan(Buffer.alloc(0), true) }
}

interface NeedleIndex {
  /** First position from `at` where a needle may begin; the length of the data when there is none. */
  nextCandidate(data: Buffer, at: number): number
  /** Length of the longest needle at a position, or 0. */
  match(data: Buffer, at: number, last: boolean): number | 'undecided'
}

function createIndex(needles: readonly Buffer[]): NeedleIndex {
  const table = new Uint8Array(1 << tableBits)
  const byHead = new Map<number, Buffer[]>()
  for (const needle of [...needles].sort((left, right) => right.length - left.length)) {
    const head = needle.readUInt32LE(0)
    table[slot(head)] = 1
    byHead.set(head, [...(byHead.get(head) ?? []), needle])
  }

  function nextCandidate(data: Buffer, from: number): number {
    const stop = data.length - 3
    if (from >= stop) return Math.min(from, data.length)
    let at = from
    let word = (data[at]! << 8) | (data[at + 1]! << 16) | (data[at + 2]! << 24)
    for (; at < stop; at += 1) {
      word = (word >>> 8) | (data[at + 3]! << 24)
      if (table[slot(word)] === 1) return at
    }
    return Math.max(from, stop)
  }

  function match(data: Buffer, at: number, last: boolean): number | 'undecided' {
    const rest = data.length - at
    if (rest < 4) {
      if (last) return 0
      return needles.some((needle) => startsWith(data, at, needle, rest)) ? 'undecided' : 0
    }
    let longest = 0
    for (const needle of byHead.get(data.readUInt32LE(at)) ?? []) {
      if (needle.length > rest) {
        if (!last && startsWith(data, at, needle, rest)) return 'undecided'
      } else if (longest < needle.length && startsWith(data, at, needle, needle.length)) longest = needle.length
    }
    return longest
  }

  return { nextCandidate, match }
}

function slot(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - tableBits)
}

function startsWith(data: Buffer, at: number, needle: Buffer, length: number): boolean {
  return needle.compare(data, at, at + length, 0, length) === 0
}
