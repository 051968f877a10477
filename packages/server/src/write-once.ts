import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

/** Content of a file for its owner alone, which is made when there is none; processes that start together get one content. */
export function writeOnce(path: string, make: () => string | Buffer): Buffer {
  const known = contentOf(path)
  if (known !== undefined) return known
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, make(), { mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
  } catch (cause) {
    // Another process was first: its content counts.
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  } finally {
    rmSync(draft, { force: true })
  }
  return readFileSync(path)
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}
