import type { AttemptRef, ControlPlane, ReportEntry } from '@rondo/protocol'
import type { Journal } from './journal.ts'
import { untilReachable } from './retry.ts'

/** Sends a journal to the server, in order, as fast as it grows. */
export interface Reporter {
  report(entry: ReportEntry): void
  /** Ends when the server knows everything reported so far. */
  acknowledged(): Promise<void>
}

export function createReporter(
  controlPlane: ControlPlane,
  ref: AttemptRef,
  journal: Journal,
  signal: AbortSignal,
): Reporter {
  let known = 0
  let sending: Promise<void> | undefined

  async function send(): Promise<void> {
    while (known < journal.entries.length) {
      await journal.flushed()
      const entries = journal.entries.slice(known, known + 100)
      const answer = await untilReachable(() => controlPlane.report({ ...ref, from: known + 1, entries }), signal)
      known = answer.acknowledged
    }
  }

  function start(): Promise<void> {
    sending ??= send().finally(() => {
      sending = undefined
    })
    sending.catch(() => {})
    return sending
  }

  return {
    report(entry) {
      journal.report(entry)
      void start()
    },
    async acknowledged() {
      while (known < journal.entries.length) await start()
    },
  }
}
