import { closeSync, readSync } from 'node:fs'
import type { TaskFolder } from './task-folder.ts'

/** What the supervisor wrote of its scripts. The job may write there too, and harms only itself. */
export interface Progress {
  /** Whether a script was begun. */
  began(id: string): boolean
  /** How many shells that served the lane had been killed when a script was begun; undefined if it was not. */
  fallsBefore(id: string): number | undefined
  /** How many shells that served the lane were killed so far. */
  falls(): number
  /** Exit status of a script; undefined while it runs. */
  statusOf(id: string): number | undefined
  /** The last turn in which a script was not gone on with; 0 when there was none. */
  refusedTurn(id: string): number
  /** Whether the supervisor's shell ended because it could not start a process. */
  couldNotFork(): boolean
  close(): void
}

const longestLine = 100
const bufferBytes = 8 * 1024
/** A job that floods the file keeps nobody here busy. */
const readsAtOnce = 8
/** A job that writes more than its steps could is not listened to any longer. */
const mostScripts = 100_000

/** Reads on from where it stopped at each question. `open` answers undefined while there is no such file. */
export function openProgress(open: () => number | undefined): Progress {
  const begun = new Map<string, number>()
  const statuses = new Map<string, number>()
  const refusals = new Map<string, number>()
  let falls = 0
  let stopped = 0
  const buffer = Buffer.allocUnsafe(bufferBytes)
  let file: number | undefined
  let position = 0
  let rest = ''

  function look(): void {
    file ??= open()
    if (file === undefined || begun.size + statuses.size + refusals.size > mostScripts) return
    for (let reads = 0; reads < readsAtOnce; reads++) {
      const length = readSync(file, buffer, 0, buffer.length, position)
      if (length === 0) return
      position += length
      const lines = (rest + buffer.toString('latin1', 0, length)).split('\n')
      rest = lines.pop()!.slice(0, longestLine)
      lines.forEach(take)
    }
  }

  function take(line: string): void {
    const [, event, id, number] = /^(began|ended|refused) ([a-z0-9-]+) (\d{1,10})\b/.exec(line) ?? []
    if (event === 'began') begun.set(id!, falls)
    if (event === 'ended') statuses.set(id!, Number(number))
    if (event === 'refused') refusals.set(id!, Number(number))
    falls = Number(/^fell (\d{1,5})$/.exec(line)?.[1] ?? falls)
    stopped = Number(/^stopped (\d{1,3})$/.exec(line)?.[1] ?? stopped)
  }

  return {
    began(id) {
      if (!begun.has(id)) look()
      return begun.has(id)
    },
    fallsBefore(id) {
      look()
      return begun.get(id)
    },
    falls() {
      look()
      return falls
    },
    statusOf(id) {
      if (!statuses.has(id)) look()
      return statuses.get(id)
    },
    refusedTurn(id) {
      look()
      return refusals.get(id) ?? 0
    },
    couldNotFork() {
      look()
      // 1 is its own word, when the shared folder is not what it was.
      return stopped > 1
    },
    close() {
      if (file !== undefined) closeSync(file)
    },
  }
}

/** Exit status of a script the supervisor started; undefined while it runs. */
export function statusOf(folder: TaskFolder, id: string): number | undefined {
  return folder.progress.statusOf(id)
}
