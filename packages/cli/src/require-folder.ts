import { statSync } from 'node:fs'
import { CallError } from './noun.ts'

/** Refuses a path that is no folder. `cure` says what to do with a file that stands there instead. */
export function requireFolder(path: string, cure: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) return
  if (found === undefined) throw new CallError(`There is no folder ${path}.`)
  throw new CallError(`${path} is a file, and a folder is needed here. ${cure}`)
}
