import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from './is-alive.ts'

const usersFolder = 'users'

/** Notes that this process uses the server of a folder; answers how to say that it has done with it. */
export function useServer(dataFolder: string): () => void {
  const folder = join(dataFolder, usersFolder)
  mkdirSync(folder, { recursive: true })
  const user = join(folder, String(process.pid))
  writeFileSync(user, '')
  return () => rmSync(user, { force: true })
}

/** Whether a process uses the server. A record whose process has gone is removed. */
export function isUsed(dataFolder: string): boolean {
  const folder = join(dataFolder, usersFolder)
  return readdirSync(folder).some((name) => {
    if (isAlive(Number(name))) return true
    rmSync(join(folder, name), { force: true })
    return false
  })
}

/** Waits until no process uses the server. */
export async function untilUnused(dataFolder: string): Promise<void> {
  while (isUsed(dataFolder)) await sleep(200)
}
