import type { OrbResolution } from '@rondo/model'
import type { Node } from '../tree/node.ts'
import { emitYaml } from './emit-yaml.ts'

/** Above this many characters of output and source together the source is not appended (semantics 23.7). */
const sourceCommentBound = 25_000

/** What `process` prints: a line for each orb, the compiled config, and for small files the source as a comment. */
export function processText(compiled: Node, source: string, orbs: readonly OrbResolution[]): string {
  const header = orbs.map((orb) => `# Orb '${orb.reference}' resolved to '${orb.resolved}'\n`).join('')
  const text = header + emitYaml(compiled)
  if (text.length + source.length > sourceCommentBound) return text
  const lines = source.replace(/\n$/, '').split('\n')
  const comment = lines.map((line) => `# ${line.replace(/["\\]/g, '\\$&')}`).join('\n')
  return `${text}\n# Original config.yml file:\n${comment}`
}
