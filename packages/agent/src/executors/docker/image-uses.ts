import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Images that jobs brought onto an engine, and when each was used last; kept in a file, for the agents that come after. */
export interface ImageUses {
  /** A job pulled it: from now on it may be removed when room is needed. */
  pulled(name: string): void
  /** A job uses it; one that nobody pulled for a job is not ours, and stays so. */
  used(name: string): void
  oldestFirst(): readonly string[]
  forget(name: string): void
}

export function openImageUses(file: string, now: () => number = Date.now): ImageUses {
  const uses = new Map<string, number>(Object.entries(read(file)))

  function save(): void {
    try {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(uses)))
      renameSync(`${file}.new`, file)
    } catch {
      // The disk may be full, which is no reason to fail a job: an image that is forgotten here merely stays.
    }
  }

  return {
    pulled(name) {
      uses.set(name, now())
      save()
    },
    used(name) {
      if (!uses.has(name)) return
      uses.set(name, now())
      save()
    },
    oldestFirst: () => [...uses].sort(([, a], [, b]) => a - b).map(([name]) => name),
    forget(name) {
      if (uses.delete(name)) save()
    },
  }
}

function read(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // None was kept yet.
    return {}
  }
}
