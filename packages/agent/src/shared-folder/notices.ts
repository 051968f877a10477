import { watch } from 'node:fs'
import type { TaskFolder } from './task-folder.ts'

/** Tells of what happens in the shared folder, so that nobody has to look. Hints only: what is true stands in its files. */
export interface Notices {
  /** Resolves when a script began or ended, or after a short while. */
  changed(): Promise<void>
  /** Calls back whenever an output file may have grown, until the answer is called. */
  onOutput(file: string, listener: () => void): () => void
  close(): void
}

/** How long a hint may be missing, whatever the kernel or the job does to them. */
const tickMs = 100

export function openNotices(folder: TaskFolder): Notices {
  let waiting: (() => void)[] = []
  const outputs = new Map<string, Set<() => void>>()

  function wake(): void {
    const woken = waiting
    waiting = []
    for (const resume of woken) resume()
  }

  function grown(file: string): void {
    for (const listener of outputs.get(file) ?? []) listener()
  }

  const watcher = watch(folder.io, (_event, file) => {
    if (file?.endsWith('.out')) grown(file)
    else if (file === 'progress') wake()
  })
  watcher.on('error', () => {})
  const tick = setInterval(() => {
    wake()
    for (const file of outputs.keys()) grown(file)
  }, tickMs)

  return {
    changed: () => new Promise((resolve) => waiting.push(resolve)),
    onOutput(file, listener) {
      const listeners = outputs.get(file) ?? new Set()
      outputs.set(file, listeners.add(listener))
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0 && outputs.get(file) === listeners) outputs.delete(file)
      }
    },
    close() {
      clearInterval(tick)
      watcher.close()
      wake()
    },
  }
}
