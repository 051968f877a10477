import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@rondo/model'

/**
 * Keeps a second server away from the same data folder. A lock whose process is gone, or whose number another program
 * has by now, is taken over.
 */
export async function takeInstanceLock(dataFolder: string): Promise<AsyncDisposable> {
  const path = join(dataFolder, 'server.pid')
  const owner = await runningOwner(path)
  if (owner !== undefined) {
    throw new AppError(
      'conflict',
      `Rondo already runs on ${dataFolder} (process ${owner}). Stop it first, or set RONDO_DATA to another folder.`,
    )
  }
  await writeFile(path, `${process.pid} ${await startTime(process.pid)}\n`)
  return {
    async [Symbol.asyncDispose]() {
      await rm(path, { force: true })
    },
  }
}

async function runningOwner(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const [pid, started] = text.trim().split(' ')
  const owner = Number(pid)
  if (!owner || owner === process.pid) return undefined
  return (await startTime(owner)) === started ? owner : undefined
}

/** Kernel start time of a process in clock ticks: with the number it names a process for good. Empty when it is gone. */
export async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const zombie = afterName[0] === 'Z'
  return zombie ? '' : (afterName[19] ?? '')
}
