/**
 * How common tools write a value, each by its own rules and apart from what the masks know. Of base64 only the characters that
 * depend on the value alone.
 */
export const secretWritings: Readonly<Record<string, (value: string) => string>> = {
  'as it is': (value) => value,
  'URL, by a browser': encodeURIComponent,
  'URL, by PHP and Go': strictUrl,
  'URL, by Python': (value) => strictUrl(value).replaceAll('%2F', '/'),
  'URL, by curl': (value) =>
    strictUrl(value)
      .replaceAll('%20', '+')
      .replace(/%../g, (code) => code.toLowerCase()),
  'a form of a page': (value) => encodeURIComponent(value).replaceAll('%20', '+'),
  JSON: (value) => JSON.stringify(value).slice(1, -1),
  'JSON, by Python': (value) =>
    JSON.stringify(value)
      .slice(1, -1)
      .replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'JSON, by PHP': (value) => JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/'),
  'JSON, by Go': (value) =>
    replaced(JSON.stringify(value).slice(1, -1), { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' }),
  XML: (value) => replaced(value, { '&': '&amp;', '<': '&lt;', '>': '&gt;' }),
  'XML, in an attribute': (value) => replaced(value, { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }),
  'HTML, by Python': (value) =>
    replaced(value, { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' }),
  'HTML, by Go': (value) => replaced(value, { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }),
  'set -x': (value) => value.replaceAll("'", `'\\''`),
  'shlex.quote': (value) => value.replaceAll("'", `'"'"'`),
  // What bash 5.2 prints of exactly these characters.
  'printf %q': (value) => value.replace(/[ '"`$<>&()!*^{};,|\\[\]?]/g, '\\$&'),
  'printf %q where letters are ASCII': (value) => replaced(value, { '\\': '\\\\', "'": "\\'", é: '\\303\\251' }),
  hexadecimal: (value) => Buffer.from(value).toString('hex'),
  'hexadecimal, in capitals': (value) => Buffer.from(value).toString('hex').toUpperCase(),
  base64: (value) => core(Buffer.from(value).toString('base64'), 0),
  'base64, after a byte': (value) => core(Buffer.from(`x${value}`).toString('base64'), 2),
  'base64, after two bytes': (value) => core(Buffer.from(`xx${value}`).toString('base64'), 3),
  base64url: (value) => core(Buffer.from(value).toString('base64url'), 0),
  'base64url, after a byte': (value) => core(Buffer.from(`x${value}`).toString('base64url'), 2),
  'base64url, after two bytes': (value) => core(Buffer.from(`xx${value}`).toString('base64url'), 3),
}

/** A secret with every character that one of the tools writes differently; `seed` tells it from others. */
export function awkwardSecret(seed: string): string {
  return `${seed}/p@ss "w0rd'\` $<x&y> é(!*)~^{};=+%#,|\\[]?`
}

function strictUrl(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function replaced(value: string, by: Readonly<Record<string, string>>): string {
  return [...value].map((char) => by[char] ?? char).join('')
}

function core(encoded: string, from: number): string {
  return encoded.replace(/=+$/, '').slice(from)
}
