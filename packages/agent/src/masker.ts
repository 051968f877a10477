/** What stands in a secret's place, whatever its length. */
const mask = '****'
const leastLength = 4

/** Replaces secrets in a byte stream. The result does not depend on how the stream is cut. */
export interface Masker {
  push(bytes: Buffer): Buffer
  /** The rest, once no more will come. */
  end(): Buffer
}

/** A masker for these secrets in their plain form, line by line, and in the encodings programs print them in. */
export function createMasker(secrets: readonly string[]): Masker {
  const needles = needlesOf(secrets)
  if (needles.length === 0) return { push: (bytes) => bytes, end: () => Buffer.alloc(0) }
  const pattern = new RegExp(needles.map((needle) => needle.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g')
  const prefixes = new Set(
    needles.flatMap((needle) => Array.from({ length: needle.length - 1 }, (_, index) => needle.slice(0, index + 1))),
  )
  const longest = needles[0]!.length
  let held = ''

  /** Where the first tail that may still become a secret begins, at or after `from`. */
  function holdFrom(text: string, from: number): number {
    for (let at = Math.max(from, text.length - longest + 1); at < text.length; at++)
      if (prefixes.has(text.slice(at))) return at
    return text.length
  }

  /** Leftmost, longest match; a match that could still grow waits for more. */
  function run(text: string, final: boolean): string {
    let result = ''
    let at = 0
    for (;;) {
      pattern.lastIndex = at
      const match = pattern.exec(text)
      const hold = final ? text.length : holdFrom(text, at)
      if (match !== null && (match.index < hold || final)) {
        result += text.slice(at, match.index) + mask
        at = match.index + match[0].length
        continue
      }
      held = text.slice(hold)
      return result + text.slice(at, hold)
    }
  }

  return {
    push: (bytes) => Buffer.from(run(held + bytes.toString('latin1'), false), 'latin1'),
    end: () => Buffer.from(run(held, true), 'latin1'),
  }
}

/** Longest first, so that the alternation prefers them. Bytes as latin1 text. */
function needlesOf(secrets: readonly string[]): readonly string[] {
  const found = new Set<string>()
  for (const secret of secrets) {
    for (const line of secret.split(/\r?\n/)) {
      const trimmed = line.trim()
      if (trimmed.length < leastLength) continue
      for (const form of [trimmed, encodeURIComponent(trimmed), JSON.stringify(trimmed).slice(1, -1)])
        found.add(Buffer.from(form).toString('latin1'))
    }
    if (secret.length >= leastLength) for (const form of base64Forms(secret)) found.add(form)
  }
  return [...found].filter((needle) => needle.length >= leastLength).sort((a, b) => b.length - a.length)
}

/** A secret inside a longer text shows in base64 in one of three alignments; the digits that depend on neighbours are left out. */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [0, 1, 2]
    .map((shift) => {
      const text = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .replace(/=+$/, '')
      const first = Math.ceil((shift * 8) / 6)
      const whole = Math.floor(((shift + bytes.length) * 8) / 6)
      return text.slice(first, whole)
    })
    .filter((form) => form.length >= 8)
}
