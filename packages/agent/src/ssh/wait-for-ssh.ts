import { setTimeout as sleep } from 'node:timers/promises'
import { passed, type StepEnd } from '../reports/endings.ts'
import { firstConfigStep, type TaskContext } from '../task/task-context.ts'
import type { SshDoor } from './ssh-door.ts'
import type { SshOptions } from './ssh-options.ts'

const lookEveryMs = 500

/** How an agent that takes nothing new tells those who are in its jobs. */
export interface Drains {
  /** Aborts when the agent itself is to end. */
  readonly over: AbortSignal
  /** Whether its administrator asked it to take nothing new; that may be taken back. */
  readonly asked: () => boolean
}

/**
 * Keeps a job whose steps have ended for those who may enter it: ten minutes while nobody is in, two hours at most. It ends
 * at once when the job is canceled or the agent is to end. An administrator's drain does not wait for people who are not
 * there, and for those who are in for ten minutes more.
 */
export async function waitForSsh(
  task: TaskContext,
  door: SshDoor,
  { idleMs = 10 * 60_000, longestMs = 2 * 3_600_000 }: Pick<SshOptions, 'idleMs' | 'longestMs'>,
  { over, asked }: Drains,
): Promise<void> {
  const index = firstConfigStep(task) + task.spec.job.steps.length
  if (task.steps.ended.has(index)) return
  const step = task.steps.begin(index, { name: 'Wait for SSH', kind: 'ssh', command: null, background: false })
  const say = (text: string) => task.folder.append(step.out, `${text}\n`)
  say(
    `The steps have ended. The job stays while somebody is in, at most ${minutes(longestMs)}, and ${minutes(idleMs)} without anybody:\n\n    ${door.command}\n\nCancel the job when you are done.`,
  )
  let end: StepEnd = { result: 'canceled', exitCode: null }
  try {
    const begun = performance.now()
    let seen = begun
    let drainedAt: number | undefined
    for (;;) {
      task.signal.throwIfAborted()
      const now = performance.now()
      if (door.connections() > 0) seen = now
      if (asked() && drainedAt === undefined)
        say(`This agent is being drained. The job ends when nobody is in, in ${minutes(idleMs)} at the latest.`)
      drainedAt = asked() ? (drainedAt ?? now) : undefined
      if (drainedAt !== undefined && (door.connections() === 0 || now - drainedAt >= idleMs)) break
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
