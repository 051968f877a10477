import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import {
  formatIdentity,
  identifyProcess,
  type ProcessIdentity,
  parseIdentity,
  processLives,
} from './process-identity.ts'

export type LockAnswer =
  | { readonly taken: true; release(): void }
  | { readonly taken: false; readonly holder: ProcessIdentity }

/**
 * Takes a lock until it is released or this process ends, in whatever way; answers who holds it when that is another. `path` then names the holder
 * (`pid start boot`), for whoever wants to find it.
 *
 * The lock is a row of numbered files beside `path`, each made complete and at once by a hard link. The holder is the
 * process named by the highest number. A number may be taken only by who found the one before it dead, and counts only
 * when no higher one stands beside it afterwards; so of several that find the same dead holder one wins, and a late one
 * that takes a number cleared away since sees the higher one and gives up. The highest is never removed, only
 * emptied: numbers must not begin anew.
 */
export function takeProcessLock(path: string): LockAnswer {
  const me = identifyProcess(process.pid)
  if (me === undefined) throw new Error('/proc is not mounted: without it no process can be told from another.')
  const draft = `${path}.draft-${me.pid}-${me.started}`
  try {
    writeFileSync(draft, formatIdentity(me), { mode: 0o644 })
    for (;;) {
      const last = generations(path).at(-1) ?? 0
      const holder = last === 0 ? undefined : identityIn(`${path}.${last}`)
      if (holder !== undefined && processLives(holder)) return { taken: false, holder }
      if (!linked(draft, `${path}.${last + 1}`)) continue
      if ((generations(path).at(-1) ?? 0) > last + 1) continue
      for (const older of generations(path)) if (older <= last) rmSync(`${path}.${older}`, { force: true })
      renameSync(draft, path)
      return { taken: true, release: () => release(path, last + 1) }
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Who holds a lock now, if its process lives. */
export function processLockHolder(path: string): ProcessIdentity | undefined {
  const last = generations(path).at(-1)
  const holder = last === undefined ? undefined : identityIn(`${path}.${last}`)
  return holder !== undefined && processLives(holder) ? holder : undefined
}

function release(path: string, generation: number): void {
  writeFileSync(`${path}.${generation}`, '')
  rmSync(path, { force: true })
}

function generations(path: string): readonly number[] {
  const prefix = `${basename(path)}.`
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((rest) => /^[1-9]\d*$/.test(rest))
    .map(Number)
    .sort((a, b) => a - b)
}

function identityIn(path: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
