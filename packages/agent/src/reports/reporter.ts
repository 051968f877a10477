import type { AttemptRef, ControlPlane, ReportEntry } from '@rondo/protocol'
import { untilReachable } from '../control-plane/retry.ts'
import type { Journal } from './journal.ts'

/**
 * Sends a journal to the server, in order, as fast as it grows: while one batch is on its way the next one gathers, and
 * nobody waits for it but who asks to.
 */
export interface Reporter {
  /** Keeps an entry and sees that it is sent; answers its sequence number. */
  report(entry: ReportEntry): number
  /** Ends when the server knows the entries up to a sequence number; all there are, when none is given. */
  acknowledged(upTo?: number): Promise<void>
}

const batch = 200

export function createReporter(
  controlPlane: ControlPlane,
  ref: AttemptRef,
  journal: Journal,
  signal: AbortSignal,
): Reporter {
  /** Highest sequence number the server has answered. */
  let known = 0
  let sending: Promise<void> | undefined

  async function sendBatch(): Promise<void> {
    const entries = journal.entries.slice(known, known + batch)
    // What the server knows must still be known here after a crash of the machine: the next number goes on from it.
    await journal.synced()
    const answer = await untilReachable(() => controlPlane.report({ ...ref, from: known + 1, entries }), signal)
    known = answer.acknowledged
  }

  /** Ends with the batch on its way; a refusal is left to whoever waits for it. */
  function send(): Promise<void> {
    sending ??= sendBatch().then(
      () => {
        sending = undefined
        if (known < journal.entries.length) void send()
      },
      (error) => {
        sending = undefined
        throw error
      },
    )
    sending.catch(() => {})
    return sending
  }

  return {
    report(entry) {
      const sequence = journal.report(entry)
      void send()
      return sequence
    },
    async acknowledged(upTo = journal.entries.length) {
      while (known < upTo) await send()
    },
  }
}
