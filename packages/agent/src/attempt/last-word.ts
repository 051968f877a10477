import { AppError } from '@rondo/model'
import type { AttemptRef } from '@rondo/protocol'
import { maskText } from '../output/masker.ts'
import { isShutdown } from '../reports/endings.ts'
import type { Journal } from '../reports/journal.ts'
import { createReporter, type Reporter } from '../reports/reporter.ts'
import type { StepRecorderPorts } from '../reports/step-recorder.ts'
import type { AttemptDeps } from './attempt.ts'
import { faultOf, notBegun } from './fault.ts'
import type { TaskEnd } from './run-steps.ts'

/** Tells how the attempt ended, unless that was told before. */
export function reportEnd(reporter: Reporter, journal: Journal, end: TaskEnd): void {
  if (journal.entries.some((entry) => entry.type === 'task-finished')) return
  reporter.report({ type: 'task-finished', ...end, at: new Date().toISOString() })
}

/** Whether an agent before this one gave the attempt up. It may be begun anew elsewhere as soon as that is heard, so nothing of it runs on. */
export function givenUp({ entries }: Pick<Journal, 'entries'>): boolean {
  return entries.some((entry) => entry.type === 'task-finished' && entry.result === 'lost')
}

/** A fault of ours ends the attempt at once and in words, instead of when its lease has run out. */
export function unforeseen(
  deps: AttemptDeps,
  ref: AttemptRef,
  error: unknown,
  { signal, journal, folder, newMasker }: Pick<StepRecorderPorts, 'signal' | 'journal' | 'folder' | 'newMasker'>,
): TaskEnd {
  const refused = error instanceof AppError && error.code === 'gone'
  if (refused || isShutdown(signal) || signal.reason === 'gone') throw error
  logError(deps, ref, error, (text) => maskText(newMasker(), text))
  const message = `The agent could not go on with this job: ${faultOf(error, folder.root)}`
  return { result: 'lost', message, ...notBegun(journal) }
}

/**
 * What could not even be made ready (the disk is full, say) ends now, instead of when the agent's silence is noticed. A server
 * that is away is told when it is back, however late: nobody else knows.
 */
export async function tellLost(
  deps: AttemptDeps,
  ref: AttemptRef,
  journal: Journal,
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  const reporter = createReporter(deps.controlPlane, ref, journal, signal)
  const message = `The agent could not begin this job: ${reason}`
  reportEnd(reporter, journal, { result: 'lost', message, ...notBegun(journal) })
  // A refusal: it was never started, or is another's by now.
  await reporter.acknowledged().catch(() => {})
}

export function logError(deps: AttemptDeps, ref: AttemptRef, error: unknown, mask = (text: string) => text): void {
  deps.log('attempt ended by an error', {
    attempt: ref.attemptId,
    error: mask(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  })
}
