import type { TaskSpec } from '@rondo/protocol'

/** What is filled in. A dash inside of the braces takes away the blanks outside of them, as templates have it. */
const part = /(?:\s*\{\{-|\{\{)\s*(.*?)\s*(?:-\}\}\s*|\}\})/gs

/** Files whose checksum a key template asks for, in order. */
export function checksumFiles(template: string): readonly string[] {
  return [...template.matchAll(/\{\{-?\s*checksum\s+(?:"([^"]*)"|`([^`]*)`)\s*-?\}\}/g)].map(
    (match) => match[1] ?? match[2] ?? '',
  )
}

/**
 * A cache key from its template (semantics 25). `checksums` holds base64 sha256 by file name. A part that cannot be
 * resolved is answered as a sentence.
 */
export function cacheKey(
  template: string,
  values: TaskSpec['cacheKeys'],
  checksums: ReadonlyMap<string, string>,
): { key: string } | { problem: string } {
  let problem = unclosed(template)
  const key = template.replace(part, (whole, expression: string) => {
    const value = resolvePart(expression, values, checksums)
    if (value === undefined)
      problem ??= `The cache key part ${whole.trim()} cannot be resolved.${/^checksum/.test(expression) ? ' The file does not exist, or is none that can be read; create it in an earlier step or correct its name.' : ''}`
    return value ?? ''
  })
  if (problem !== undefined) return { problem }
  if (key.length > 900) return { problem: `The cache key has ${key.length} characters; 900 are allowed.` }
  return { key }
}

function unclosed(template: string): string | undefined {
  const left = template.replace(part, (whole) => ' '.repeat(whole.length))
  const start = left.indexOf('{{')
  if (start === -1) return undefined
  return `The cache key part ${template.slice(start).trim()} cannot be resolved: its '{{' is never closed. Write '}}' behind what is filled in.`
}

function resolvePart(
  expression: string,
  values: TaskSpec['cacheKeys'],
  checksums: ReadonlyMap<string, string>,
): string | undefined {
  if (expression === '.Branch') return values.branch
  if (expression === '.BuildNum') return String(values.buildNum)
  if (expression === '.Revision') return values.revision
  if (expression === '.CheckoutKey') return values.branch
  if (expression === 'epoch') return String(Math.floor(Date.now() / 1000))
  if (expression === 'arch') return `linux-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const variable = /^\.Environment\.(\w+)$/.exec(expression)
  if (variable) return values.environment[variable[1] ?? ''] ?? ''
  const file = checksumFiles(`{{ ${expression} }}`)[0]
  return file === undefined ? undefined : checksums.get(file)
}
