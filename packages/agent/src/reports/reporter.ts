import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'
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
/** Least time between an answer and the next batch, unless somebody waits for it. */
const gatherMs = 100

export function createReporter(
  controlPlane: ControlPlane,
  ref: AttemptRef,
  journal: Journal,
  signal: AbortSignal,
): Reporter {
  /** Highest sequence number the server has answered. */
  let known = 0
  let sending: Promise<void> | undefined
  let answeredAt = Number.NEGATIVE_INFINITY
  /** How many wait for an answer, and what ends a pause for the first of them. */
  let awaited = 0
  let hurry = () => {}
  const lastWord = new AbortController()
  const patience = AbortSignal.any([signal, lastWord.signal])

  /** Short steps follow one another faster than a server should have to write each down by itself. */
  async function gather(): Promise<void> {
    const left = answeredAt + gatherMs - performance.now()
    if (left <= 0 || awaited > 0) return
    const called = new AbortController()
    hurry = () => called.abort()
    await sleep(left, undefined, { signal: AbortSignal.any([signal, called.signal]) }).catch(() => {})
  }

  function unlessLastWord(error: unknown): void {
    if (signal.aborted || !lastWord.signal.aborted) throw error
  }

  async function sendBatch(): Promise<void> {
    await gather()
    // What it would say is that it was stopped, as if somebody had canceled the job.
    if (signal.reason === 'gone') throw new AppError('gone', `Attempt ${ref.attemptId} is not this agent's any more.`)
    const entries = journal.entries.slice(known, known + batch)
    // What the server knows must still be known here after a crash of the machine: the next number goes on from it. But after
    // the last word nothing does: whoever comes back finds no environment to go on with, and its own end of the attempt comes
    // too late where this one was heard. So it is told as well where the disk has no room for it.
    if (entries.at(-1)?.type !== 'task-finished') await journal.synced(patience).catch(unlessLastWord)
    const answer = await untilReachable(() => controlPlane.report({ ...ref, from: known + 1, entries }), signal)
    known = answer.acknowledged
    answeredAt = performance.now()
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
      if (entry.type === 'task-finished') lastWord.abort()
      void send()
      return sequence
    },
    async acknowledged(upTo = journal.entries.length) {
      awaited += 1
      hurry()
      try {
        while (known < upTo) await send()
      } finally {
        awaited -= 1
      }
    },
  }
}
