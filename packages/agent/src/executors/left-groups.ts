import { existsSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { existingControlGroups, groupFolders } from './job-groups.ts'

/** Long after any attempt that was just given its group has begun to use it. */
const unusedForMs = 60 * 60_000

/**
 * Removes control groups of attempts whose agent never came back for them: those in which nothing runs, and nothing has begun
 * or ended for an hour. Answers how many attempts they were of. Groups in use cannot be removed; whose they are does not matter then.
 */
export function removeLeftGroups(keep: ReadonlySet<string>): number {
  const names = new Set(groupFolders().flatMap((folder) => foldersIn(folder)))
  return [...names].filter((name) => !keep.has(name) && removeUnused(name)).length
}

function removeUnused(name: string): boolean {
  const groups = existingControlGroups(name)
  if (groups.some((group) => (statSync(group, { throwIfNoEntry: false })?.mtimeMs ?? 0) > Date.now() - unusedForMs))
    return false
  for (const group of groups) removeTree(group)
  return groups.every((group) => !existsSync(group))
}

/** Groups that an engine made below come first. */
function removeTree(group: string): void {
  for (const name of foldersIn(group)) removeTree(join(group, name))
  try {
    rmdirSync(group)
  } catch {
    // Something runs in it.
  }
}

function foldersIn(group: string): readonly string[] {
  try {
    return readdirSync(group, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch {
    return []
  }
}
