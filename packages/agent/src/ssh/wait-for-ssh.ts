import { setTimeout as sleep } from 'node:timers/promises'
import { passed, type StepEnd } from '../reports/endings.ts'
import { firstConfigStep, type TaskContext } from '../task/task-context.ts'
import type { SshDoor } from './ssh-door.ts'
import type { SshOptions } from './ssh-options.ts'

const lookEveryMs = 500

/**
 * Keeps a job whose steps have ended for those who may enter it: ten minutes while nobody is in, two hours at most. It ends
 * at once when the job is canceled or the agent drains.
 */
export async function waitForSsh(
  task: TaskContext,
  door: SshDoor,
  { idleMs = 10 * 60_000, longestMs = 2 * 3_600_000 }: Pick<SshOptions, 'idleMs' | 'longestMs'>,
  over: AbortSignal,
): Promise<void> {
  const index = firstConfigStep(task) + task.spec.job.steps.length
  if (task.steps.ended.has(index)) return
  const step = task.steps.begin(index, { name: 'Wait for SSH', kind: 'ssh', command: null, background: false })
  task.folder.append(
    step.out,
    `The steps have ended. The job stays while somebody is in, at most ${minutes(longestMs)}, and ${minutes(idleMs)} without anybody:\n\n    ${door.command}\n\nCancel the job when you are done.\n`,
  )
  let end: StepEnd = { result: 'canceled', exitCode: null }
  try {
    const begun = performance.now()
    let seen = begun
    for (;;) {
      task.signal.throwIfAborted()
      const now = performance.now()
      if (door.connections() > 0) seen = now
      if (over.aborted || now - seen >= idleMs || now - begun >= longestMs) break
      await sleep(Math.min(lookEveryMs, idleMs), undefined, { signal: AbortSignal.any([task.signal, over]) }).catch(
        () => {},
      )
    }
    end = passed
  } finally {
    step.end(end)
  }
}

function minutes(ms: number): string {
  return ms < 60_000
    ? `${ms / 1_000} seconds`
    : ms < 3_600_000
      ? `${Math.round(ms / 60_000)} minutes`
      : `${ms / 3_600_000} hours`
}
