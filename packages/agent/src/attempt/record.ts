import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireRoom } from '../room/require-room.ts'
import type { PlacedTask } from './attempt.ts'

const name = 'task.json'

/**
 * Makes the folder of an attempt, with what an agent after this one knows it by: there as a whole, or not at all. One that is
 * there is left as it is. Throws where the disk has too little room for a task that has not begun.
 */
export async function makeRecord(root: string, placed: PlacedTask): Promise<void> {
  if (existsSync(join(root, name))) return
  // Nothing is asked for yet, so the task goes to somebody else once its lease is over.
  await requireRoom(join(root, '..', '..'))
  await mkdir(root, { recursive: true })
  try {
    const draft = join(root, `${name}.draft`)
    await writeFile(draft, JSON.stringify(placed), { mode: 0o600 })
    await rename(draft, join(root, name))
  } catch (error) {
    await rm(root, { recursive: true, force: true })
    throw error
  }
}

/** The attempt that a folder is of; undefined where none says so. */
export async function readRecord(root: string): Promise<PlacedTask | undefined> {
  try {
    // Folders of older agents do not say what the task counts for.
    return { cpus: 1, memoryMb: 1024, ...JSON.parse(await readFile(join(root, name), 'utf8')) }
  } catch {
    return undefined
  }
}
