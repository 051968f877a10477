import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskContext } from '../task/task-context.ts'

const leastPauseMs = 2_000
/** Measuring goes through all files that were written: at most one part in so many of the time is spent on it. */
const pauseFactor = 20

/**
 * Looks again and again whether the job has written more than it may, where its engine does not keep it from that; stops it
 * when it has. Until the answer is called.
 */
export function watchDiskUse(task: Pick<TaskContext, 'executor' | 'state' | 'disk'>, stop: () => void): () => void {
  const over = new AbortController()
  if (task.executor.overDisk !== undefined) void watch(task, stop, over.signal)
  return () => over.abort()
}

async function watch(
  { executor, state, disk }: Pick<TaskContext, 'executor' | 'state' | 'disk'>,
  stop: () => void,
  signal: AbortSignal,
): Promise<void> {
  for (let pause = leastPauseMs; ; ) {
    await sleep(pause, undefined, { signal, ref: false }).catch(() => {})
    if (signal.aborted) return
    const begun = performance.now()
    const why = await executor.overDisk?.(state).catch(() => undefined)
    if (signal.aborted) return
    if (why !== undefined) {
      disk.told = why
      return stop()
    }
    pause = Math.max(leastPauseMs, pauseFactor * (performance.now() - begun))
  }
}
