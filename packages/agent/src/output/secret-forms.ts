import { gzipSync } from 'node:zlib'

const shortest = 4
/** Below this an encoding of an encoding says too little to be told from chance. */
const shortestReencoded = 6
const gzipHeaderBytes = 10
const gzipTrailerBytes = 8
const never = new Set(['true', 'false'])

/**
 * All byte strings that give a secret away: itself, each of its lines, and what common tools make of it. Values of
 * three characters or fewer, `true` and `false` are left alone, as the reference product does (row S-05).
 */
export function secretForms(secrets: readonly string[]): readonly Buffer[] {
  const forms = new Set<string>()
  for (const secret of secrets) {
    for (const value of [secret, secret.trim(), ...secret.split(/\r?\n/).map((line) => line.trim())]) {
      if (value.length < shortest || never.has(value)) continue
      for (const form of encodings(value)) if (Buffer.byteLength(form) >= shortest) forms.add(form)
    }
  }
  return [...forms].map((form) => Buffer.from(form))
}

/**
 * What somebody makes of a secret who wants it past the masks: encoded twice, backwards, or packed. No common tool does so by
 * accident, so its owner is told (row S-06).
 */
export function reencodedForms(secret: string): readonly Buffer[] {
  const value = secret.trim()
  if (value.length < shortestReencoded || never.has(value)) return []
  const bytes = Buffer.from(value)
  const backwards = [...value].reverse().join('')
  const base64 = base64Forms(bytes)
  const hex = bytes.toString('hex')
  const forms = new Set([
    backwards,
    ...base64Forms(Buffer.from(backwards)),
    ...base64.flatMap((form) => [...base64Forms(Buffer.from(form)), Buffer.from(form).toString('hex')]),
    ...base64.map((form) => [...form].reverse().join('')),
    ...[hex, hex.toUpperCase()].flatMap((form) => [
      ...base64Forms(Buffer.from(form)),
      Buffer.from(form).toString('hex'),
    ]),
    ...[value, `${value}\n`].flatMap(packed),
  ])
  const plain = new Set(encodings(value))
  return [...forms]
    .filter((form) => form.length >= shortestReencoded && !plain.has(form))
    .map((form) => Buffer.from(form))
}

/** A packed secret in base64 or hexadecimal, without what every packed file begins and ends with. */
function packed(text: string): readonly string[] {
  const body = gzipSync(text).subarray(gzipHeaderBytes, -gzipTrailerBytes)
  const place = gzipHeaderBytes % 3
  const whole = Buffer.concat([Buffer.alloc(place), body])
    .toString('base64')
    .replace(/=+$/, '')
  return [whole.slice(place + 1, -1), body.toString('hex')]
}

function encodings(value: string): readonly string[] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  return [
    value,
    ...base64Forms(bytes),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(value),
    encodeURIComponent(value).replaceAll('%20', '+'),
    encodeURI(value),
    JSON.stringify(value).slice(1, -1),
    JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/'),
    xml(value),
    value.replaceAll("'", `'\\''`),
    value.replaceAll("'", `'"'"'`),
    value.replace(/[^\w@%+=:,./-]/g, '\\$&'),
  ]
}

function xml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** The characters that depend on the secret alone, for each of the three places it can have in a group of three bytes. */
function base64Forms(bytes: Buffer): readonly string[] {
  const forms: string[] = []
  for (const before of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const first = before === 0 ? 0 : before + 1
    const ragged = (before + bytes.length) % 3 !== 0
    const core = whole.slice(first, ragged ? -1 : undefined)
    if (core.length < 5) continue
    forms.push(core, core.replaceAll('+', '-').replaceAll('/', '_'))
    // `base64` breaks lines at 76 characters, `openssl` at 64.
    if (before === 0) for (const width of [76, 64]) forms.push(...lines(core, width))
  }
  return forms
}

function lines(text: string, width: number): readonly string[] {
  if (text.length <= width) return []
  const parts: string[] = []
  for (let at = 0; at < text.length; at += width) parts.push(text.slice(at, at + width))
  return parts.filter((part) => part.length >= 8)
}
