import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type HoldEnd, type HoldOrder } from '@rondo/model'
import { untilReachable } from '../control-plane/retry.ts'
import type { TaskContext } from '../task/task-context.ts'
import { createSessionSteps, type SessionSteps } from './session-steps.ts'
import { createShell, type HeldShell } from './shell.ts'

const waitMs = 10_000

/**
 * Asks whether a failed job's environment stays for its owner; the answer stands in the journal, so that an agent that
 * comes after this one goes on with it. Answers until when, on this machine's clock; undefined: it does not stay.
 */
export async function askForHold(task: TaskContext): Promise<number | undefined> {
  const known = task.journal.notes.find((note) => note.type === 'held')
  if (known?.type === 'held') return known.until
  const { forMs } = await untilReachable(() => task.controlPlane.beginHold(task.spec), task.signal)
  if (forMs === null) return undefined
  const until = Date.now() + forMs
  task.journal.note({ type: 'held', until })
  return until
}

/**
 * Does what the owner of a failed job asks for in its environment, until the time is over, it is released, or the agent is
 * drained. What is done becomes steps of their own, recorded and masked as any other; the job's result stays.
 */
export async function holdSession(task: TaskContext, until: number, released: AbortSignal): Promise<void> {
  const over = AbortSignal.any([
    task.signal,
    released,
    AbortSignal.timeout(Math.min(2 ** 31 - 1, Math.max(0, until - Date.now()))),
  ])
  const steps = createSessionSteps(task, over)
  const shell = createShell(task, steps)
  const asked = await takeOrders(task, { steps, shell }, over)
  await shell.close()
  await steps.finished()
  await task.steps.settled()
  task.signal.throwIfAborted()
  await task.reporter.acknowledged()
  const why = released.aborted ? 'drained' : (asked ?? 'over')
  await untilReachable(() => task.controlPlane.endHold(task.spec, why), task.signal)
}

/** Until the time is over, or an order ends it: answers why it did. */
async function takeOrders(
  task: TaskContext,
  parts: { readonly steps: SessionSteps; readonly shell: HeldShell },
  over: AbortSignal,
): Promise<HoldEnd | undefined> {
  const last = task.journal.notes.findLast((note) => note.type === 'ordered')
  for (let after = last?.type === 'ordered' ? last.id : 0; !over.aborted; ) {
    try {
      for (const { id, order } of await task.controlPlane.holdOrders(task.spec, after, waitMs, over)) {
        after = id
        // An end is not noted: an agent that comes before the server has heard of it ends it again.
        if (order.type === 'release') return 'released'
        if (order.type === 'drain') return 'drained'
        // Noted before it is done: an agent that comes after this one does not do it again.
        task.journal.note({ type: 'ordered', id })
        obey(order, parts)
      }
    } catch (error) {
      if (error instanceof AppError && error.code === 'gone') return undefined
      await sleep(250, undefined, { signal: over }).catch(() => {})
    }
  }
  return undefined
}

function obey(order: HoldOrder, { steps, shell }: { readonly steps: SessionSteps; readonly shell: HeldShell }): void {
  switch (order.type) {
    case 'open-shell':
      shell.open(order.columns, order.rows)
      break
    case 'input':
      shell.input(order.text)
      break
    case 'resize':
      shell.resize(order.columns, order.rows)
      break
    case 'run':
      steps.rerun(order.command)
      break
    case 'continue':
      steps.goOn()
      break
    case 'release':
    case 'drain':
      break
  }
}
