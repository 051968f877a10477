import { reencodedForms, secretForms } from './secret-forms.ts'

const mask = Buffer.from('****')
/** 2 ** 20 bits are 128 kB, which a processor keeps near. */
const filterBits = 20
const hashFactor = 0x9e3779b1
/** What is put after an output that held secrets in forms nobody prints by accident; given the secrets. */
export type ReencodedNote = (secrets: ReadonlySet<string>) => string

/** Needles of this length hold, wherever they begin, four bytes that begin at a multiple of four of the memory. */
const sampledLength = 7

export interface Masker {
  /**
   * Bytes that are safe to show. What could be the beginning of a secret is held back until it is decided. So many bytes
   * before the chunk as `headroom` says may be written over: then what was held goes there, and the chunk is not copied.
   */
  push(chunk: Buffer, headroom?: number): Buffer
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

/**
 * Maskers that share one index of the secrets, for the steps of a job. It is made for the first output: a job that begins has
 * the engine to ask first, and it is ready while that is busy.
 */
export function createMaskerFactory(secrets: readonly string[]): (note?: ReencodedNote) => Masker {
  let shared: Needles | undefined
  return (note) => {
    let own: Masker | undefined
    const masker = () => {
      shared ??= needlesOf(secrets)
      own ??= shared === 'none' ? unmasked : maskerOf(shared, note)
      return own
    }
    return { push: (chunk, headroom) => masker().push(chunk, headroom), end: () => masker().end() }
  }
}

const unmasked: Masker = { push: (chunk) => chunk, end: () => Buffer.alloc(0) }

/** A whole text, without its secrets. */
export function maskText(masker: Masker, text: string): string {
  return Buffer.concat([masker.push(Buffer.from(text)), masker.end()]).toString()
}

/** What to look for; `none` when no secret can be told from other text. */
type Needles = 'none' | IndexedNeedles

interface IndexedNeedles {
  readonly index: NeedleIndex
  /** By a needle, the secret it was made of; for those that nobody prints by accident. */
  readonly made: ReadonlyMap<Buffer, string>
}

function needlesOf(secrets: readonly string[]): Needles {
  const needles = secretForms(secrets)
  if (needles.length === 0) return 'none'
  const made = new Map(secrets.flatMap((secret) => reencodedForms(secret).map((needle) => [needle, secret] as const)))
  return { index: createIndex([...needles, ...made.keys()]), made }
}

function maskerOf({ index, made }: IndexedNeedles, note: ReencodedNote | undefined): Masker {
  const reencoded = new Set<string>()
  let held: Buffer = Buffer.alloc(0)
  /** Bytes of `held` that belong to a mask already written. */
  let covered = 0

  function scan(chunk: Buffer, headroom: number, last: boolean): Buffer {
    const data = joined(held, chunk, headroom)
    const nextCandidate = index.candidates(data)
    const parts: Buffer[] = []
    let shown = 0
    let maskedTo = covered
    let at = 0
    for (;;) {
      at = nextCandidate(at)
      const needle = at < data.length ? index.match(data, at, last) : undefined
      if (at >= data.length || needle === 'undecided') break
      if (needle !== undefined) {
        const secret = made.get(needle)
        if (secret !== undefined) reencoded.add(secret)
        if (at >= maskedTo) {
          parts.push(data.subarray(Math.max(shown, Math.min(maskedTo, at)), at), mask)
          shown = at
        }
        maskedTo = Math.max(maskedTo, at + needle.length)
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

  return {
    push: (chunk, headroom = 0) => scan(chunk, headroom, false),
    end() {
      const rest = scan(Buffer.alloc(0), 0, true)
      return note === undefined || reencoded.size === 0 ? rest : Buffer.concat([rest, Buffer.from(note(reencoded))])
    },
  }
}

/** Two pieces one after the other, in the memory before the second if there is room. */
function joined(held: Buffer, chunk: Buffer, headroom: number): Buffer {
  if (held.length === 0) return chunk
  if (held.length > headroom) return Buffer.concat([held, chunk])
  const whole = Buffer.from(chunk.buffer, chunk.byteOffset - held.length, held.length + chunk.length)
  held.copy(whole)
  return whole
}

interface NeedleIndex {
  /** Answers the first position from `at` where a needle may begin; the length of the data when there is none. */
  candidates(data: Buffer): (at: number) => number
  /** The longest needle at a position. */
  match(data: Buffer, at: number, last: boolean): Buffer | undefined | 'undecided'
}

/** Looks at every fourth byte first, unless a needle is so short that it could slip through. */
function createIndex(needles: readonly Buffer[]): NeedleIndex {
  const sampled = needles.every((needle) => needle.length >= sampledLength)
  const heads = new WordFilter()
  const inner = new WordFilter()
  const byHead = new Map<number, Buffer[]>()
  /** What a needle may begin with, where fewer than four bytes are there to tell. */
  const openings = new Set<string>()
  for (const needle of [...needles].sort((left, right) => right.length - left.length)) {
    const head = needle.readUInt32LE(0)
    heads.add(head)
    const others = byHead.get(head)
    if (others === undefined) byHead.set(head, [needle])
    else others.push(needle)
    for (let length = 1; length < 4; length++) openings.add(needle.toString('latin1', 0, length))
    if (sampled) for (let offset = 0; offset < 4; offset++) inner.add(needle.readInt32LE(offset))
  }

  function nextHead(data: Buffer, from: number): number {
    const stop = data.length - 3
    if (from >= stop) return Math.min(from, data.length)
    let word = (data[from]! << 8) | (data[from + 1]! << 16) | (data[from + 2]! << 24)
    for (let at = from; at < stop; at += 1) {
      word = (word >>> 8) | (data[at + 3]! << 24)
      if (heads.has(word)) return at
    }
    return stop
  }

  /** Samples are where the processor reads four bytes at once, wherever the data begins. */
  function sampling(data: Buffer): (from: number) => number {
    const base = -data.byteOffset & 3
    const words = new Int32Array(data.buffer, data.byteOffset + base, Math.max(0, data.length - base) >> 2)
    return (from) => {
      let at = Math.max(0, (from - base + 3) >> 2)
      for (at = inner.next(words, at); at < words.length; at = inner.next(words, at + 1)) {
        const last = base + 4 * at
        for (let begin = Math.max(from, last - 3); begin <= last; begin++)
          if (heads.has(wordAt(data, begin))) return begin
      }
      // What begins after the last sample may reach beyond the data.
      return nextHead(data, Math.max(from, base + 4 * at - 3))
    }
  }

  function match(data: Buffer, at: number, last: boolean): Buffer | undefined | 'undecided' {
    const rest = data.length - at
    if (rest < 4) return !last && openings.has(data.toString('latin1', at)) ? 'undecided' : undefined
    let longest: Buffer | undefined
    for (const needle of byHead.get(data.readUInt32LE(at)) ?? []) {
      if (needle.length > rest) {
        if (!last && startsWith(data, at, needle, rest)) return 'undecided'
      } else if ((longest?.length ?? 0) < needle.length && startsWith(data, at, needle, needle.length)) longest = needle
    }
    return longest
  }

  return { candidates: sampled ? sampling : (data) => (from) => nextHead(data, from), match }
}

/** Four bytes as one number. */
function wordAt(data: Buffer, at: number): number {
  return data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
}

/** A set of numbers that may claim to have some more. */
class WordFilter {
  readonly #bits = new Int32Array(1 << (filterBits - 5))

  add(word: number): void {
    const slot = slotOf(word)
    this.#bits[slot >>> 5]! |= 1 << (slot & 31)
  }

  /** The first of these words from a place on that is in the set; their count when none is. */
  next(words: Int32Array, from: number): number {
    return nextIn(this.#bits, words, from)
  }

  has(word: number): boolean {
    const slot = slotOf(word)
    return ((this.#bits[slot >>> 5]! >>> (slot & 31)) & 1) === 1
  }
}

/** All of the work is here, in one function that exists once: so it is compiled once, for whichever secrets. */
function nextIn(bits: Int32Array, words: Int32Array, from: number): number {
  const count = words.length
  let at = from
  for (; at < count; at++) {
    const slot = Math.imul(words[at]!, hashFactor) >>> (32 - filterBits)
    if (((bits[slot >>> 5]! >>> (slot & 31)) & 1) === 1) return at
  }
  return count
}

function slotOf(word: number): number {
  return Math.imul(word, hashFactor) >>> (32 - filterBits)
}

function startsWith(data: Buffer, at: number, needle: Buffer, length: number): boolean {
  return needle.compare(data, at, at + length, 0, length) === 0
}
