import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const dayMs = 24 * 3_600_000

/**
 * Takes away what an earlier process left half-made in a folder. When other processes may be at work there, only what is
 * older than a day.
 */
export function sweepFolder(folder: string, options: { readonly shared: boolean }): void {
  if (!options.shared) {
    rmSync(folder, { recursive: true, force: true })
    return
  }
  for (const name of namesIn(folder)) {
    const path = join(folder, name)
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY)
    if (age > dayMs) rmSync(path, { recursive: true, force: true })
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
