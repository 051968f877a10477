import { readFileSync } from 'node:fs'
import { CallError } from './noun.ts'

/** Text of a file, or of the standard input for `-`. */
export function readSource(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path === '-' ? 0 : path))
  } catch (cause) {
    const reason = cause instanceof TypeError ? 'it is not text in UTF-8' : reasonOf(cause)
    throw new CallError(`${path === '-' ? 'The standard input' : path} cannot be read: ${reason}`)
  }
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT') return 'there is no such file.'
  if (code === 'EISDIR') return 'it is a folder.'
  return cause instanceof Error ? cause.message : String(cause)
}
