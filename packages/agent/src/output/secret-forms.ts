import { deflateRawSync } from 'node:zlib'

const shortest = 4
/** Below this an encoding of an encoding says too little to be told from chance. */
const shortestReencoded = 6
const gzipHeaderBytes = 10
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
  const base64 = cores(bytes)
  const hex = bytes.toString('hex')
  const forms = new Set([
    backwards,
    ...cores(Buffer.from(backwards)),
    ...base64.flatMap(twice),
    ...base64.map((form) => [...form].reverse().join('')),
    ...twice(hex),
    ...packed(value),
    ...packed(`${value}\n`),
  ])
  const plain = new Set(encodings(value))
  return [...forms]
    .filter((form) => form.length >= shortestReencoded && !plain.has(form))
    .map((form) => Buffer.from(form))
}

function twice(encoded: string): readonly string[] {
  const bytes = Buffer.from(encoded, 'latin1')
  return [...cores(bytes), bytes.toString('hex')]
}

/** A packed secret in base64 or hexadecimal, without the header that stands before it. */
function packed(text: string): readonly string[] {
  const body = deflateRawSync(text, { windowBits: 9, memLevel: 1 })
  const place = gzipHeaderBytes % 3
  return [core(body, place) ?? '', body.toString('hex')]
}

function encodings(value: string): readonly string[] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  return [
    value,
    ...base64Forms(bytes),
    hex,
    hex.toUpperCase(),
    ...urlForms(value),
    ...jsonForms(value),
    ...xmlForms(value),
    ...shellForms(value),
  ]
}

/** Browsers leave `!'()*` as they are, most other tools do not; some keep slashes, some write lower-case digits. */
function urlForms(value: string): readonly string[] {
  const loose = encodeURIComponent(value.toWellFormed())
  const strict = loose.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const forms = [loose, strict, strict.replaceAll('%2F', '/')]
  const spaced = [...forms, ...forms.map((form) => form.replaceAll('%20', '+'))]
  return [
    ...spaced,
    ...spaced.map((form) => form.replace(/%../g, (code) => code.toLowerCase())),
    encodeURI(value.toWellFormed()),
  ]
}

/** Python writes letters beyond ASCII as `\u…`, PHP slashes as `\/`, Go `<`, `>` and `&` as `\u00…`. */
function jsonForms(value: string): readonly string[] {
  const plain = JSON.stringify(value).slice(1, -1)
  const coded = (text: string, which: RegExp) =>
    text.replace(which, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const ascii = coded(plain, /[\u007f-\uffff]/g)
  return [plain, ascii, plain.replaceAll('/', '\\/'), ascii.replaceAll('/', '\\/'), coded(plain, /[<>&]/g)]
}

/** Quotes as they are where text allows it, by name, or by one of the numbers in use. */
function xmlForms(value: string): readonly string[] {
  const text = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const named = text.replaceAll('"', '&quot;')
  return [
    text,
    named,
    named.replaceAll("'", '&apos;'),
    named.replaceAll("'", '&#39;'),
    named.replaceAll("'", '&#x27;'),
    text.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
  ]
}

/** In single quotes, with backslashes as `printf %q` and others set them, and as `$'…'`, which is also how Python prints a string. */
function shellForms(value: string): readonly string[] {
  const dollar = value.replace(/[\\']/g, '\\$&')
  const octal = (char: string) => [...Buffer.from(char)].map((byte) => `\\${byte.toString(8)}`).join('')
  return [
    value.replaceAll("'", `'\\''`),
    value.replaceAll("'", `'"'"'`),
    value.replace(/[^\w@%+=:,./-]/g, '\\$&'),
    value.replace(/[\s'"\\|&;()<>!{}*[\]?^$`,]|^[#~]/g, '\\$&'),
    dollar,
    dollar.replace(/[^\x20-\x7e]/gu, octal),
  ]
}

function base64Forms(bytes: Buffer): readonly string[] {
  const forms: string[] = []
  for (const text of cores(bytes)) forms.push(text, text.replaceAll('+', '-').replaceAll('/', '_'))
  // `base64` breaks lines at 76 characters, `openssl` at 64.
  const first = core(bytes, 0) ?? ''
  for (const width of [76, 64]) forms.push(...lines(first, width))
  return forms
}

/** In base64, for each of the three places a text can have in a group of three bytes. */
function cores(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => core(bytes, before) ?? [])
}

/** The characters that depend on the text alone. */
function core(bytes: Buffer, before: number): string | undefined {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
  const length = Math.ceil(((before + bytes.length) * 4) / 3)
  const ragged = (before + bytes.length) % 3 !== 0
  const found = whole.slice(before === 0 ? 0 : before + 1, ragged ? length - 1 : length)
  return found.length < 5 ? undefined : found
}

function lines(text: string, width: number): readonly string[] {
  if (text.length <= width) return []
  const parts: string[] = []
  for (let at = 0; at < text.length; at += width) parts.push(text.slice(at, at + width))
  return parts.filter((part) => part.length >= 8)
}
