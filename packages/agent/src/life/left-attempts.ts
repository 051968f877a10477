import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttemptRef } from '@rondo/protocol'
import type { PlacedTask } from '../attempt/attempt.ts'

/** Attempts whose folders a dead agent left. */
export async function leftAttempts(dataFolder: string): Promise<readonly PlacedTask[]> {
  const folder = join(dataFolder, 'tasks')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const claims = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const text = await readFile(join(folder, name, 'task.json'), 'utf8').catch(() => '')
      // Folders of older agents do not say what the task counts for.
      return text === '' ? [] : [{ cpus: 1, memoryMb: 1024, ...(JSON.parse(text) as AttemptRef) }]
    }),
  )
  return claims.flat()
}
