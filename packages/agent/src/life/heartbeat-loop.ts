import { setTimeout as sleep } from 'node:timers/promises'
import { isAbort, type LoopPorts } from './loop-ports.ts'

const heartbeatWaitMs = 8_000

/**
 * Keeps the leases and obeys stops; one open request for all attempts, begun anew when their set changes. `heard` is told
 * when the question was asked that an answer came to: leases are extended from then on at the earliest.
 */
export async function heartbeatLoop(
  { roster, controlPlane, afterTrouble }: LoopPorts,
  agentId: string,
  heard: (askedAt: number) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const until = AbortSignal.any([signal, roster.nextBeginning()])
    const attempts = roster.open()
    const askedAt = performance.now()
    try {
      if (attempts.length === 0) {
        await sleep(heartbeatWaitMs, undefined, { signal: until })
        continue
      }
      const answer = await controlPlane.heartbeat({ agentId, attempts, waitMs: heartbeatWaitMs }, until)
      heard(askedAt)
      for (const order of answer.stop) roster.stop(order.attemptId, order.reason)
    } catch (error) {
      if (!isAbort(error)) await afterTrouble(error)
    }
  }
}
