import { execFile } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PlacedTask } from '../attempt/attempt.ts'
import { readRecord } from '../attempt/record.ts'

/**
 * Asks the file system (ext4) to place the folders made in a folder far from one another. In a part of the disk in which files
 * were removed a minute ago, each that is made looks past all of them: the steps of a job had to after the job before it.
 */
function spreadFolders(folder: string): void {
  execFile('chattr', ['+T', folder], () => {
    // Other file systems know no such wish, and need none.
  })
}

/** Attempts whose folders a dead agent left. */
export async function leftAttempts(dataFolder: string): Promise<readonly PlacedTask[]> {
  const folder = join(dataFolder, 'tasks')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  spreadFolders(folder)
  const names = await readdir(folder)
  return (await Promise.all(names.map((name) => readRecord(join(folder, name))))).flatMap((placed) => placed ?? [])
}
