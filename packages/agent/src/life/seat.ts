import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identifyProcess } from '@rondo/adapters'
import type { Seat } from '@rondo/model'

/**
 * Which process this is among all that have an agent's token: the one that works on this folder, whose lock it must have. The
 * folder's name is made once and kept in it; the place says where the folder lies: in which boot of which machine, on which
 * device, as which file. A folder that was copied, or the disk of a machine that was cloned, lies elsewhere.
 */
export function seatOf(dataFolder: string): Seat {
  const { dev, ino } = statSync(dataFolder)
  const boot = identifyProcess(process.pid)?.boot ?? 'unknown'
  return { folder: folderName(dataFolder), place: `${boot}:${dev}:${ino}` }
}

/** What the folder of an agent is called; undefined when none has worked on it. */
export function readFolderName(dataFolder: string): string | undefined {
  return readIfThere(join(dataFolder, 'folder-name'))
}

function folderName(dataFolder: string): string {
  const known = readFolderName(dataFolder)
  if (known !== undefined) return known
  const name = randomBytes(24).toString('base64url')
  writeWhole(join(dataFolder, 'folder-name'), name)
  return name
}

/** What a small file of the agent's own says; undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Makes a small file of the agent's own, for its owner alone: there as a whole, or not at all. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.draft`
  writeFileSync(draft, `${text}\n`, { mode: 0o600 })
  const file = openSync(draft, 'r')
  fsyncSync(file)
  closeSync(file)
  renameSync(draft, path)
}
