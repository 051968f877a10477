import { setTimeout as sleep } from 'node:timers/promises'
import type { AttemptDeps } from './attempt.ts'

const deadlineMs = 30_000

/**
 * One part of taking an attempt down. It has a deadline of its own, so neither a cancel nor a stuck engine holds up the
 * attempt's last word; never throws. What is left goes with the next collection of garbage.
 */
export async function takeDown(
  deps: Pick<AttemptDeps, 'log'>,
  attemptId: string,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  const failed = (error: unknown) => deps.log(`${what} not removed`, { attempt: attemptId, error: String(error) })
  const late = new AbortController()
  const done = work().then(() => true, failed)
  const inTime = await Promise.race([
    done.then(() => true),
    sleep(deadlineMs, false, { signal: late.signal }).catch(() => true),
  ])
  late.abort()
  if (!inTime) failed(`it took longer than ${deadlineMs / 1000} seconds`)
}
