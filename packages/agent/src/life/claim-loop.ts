import { setTimeout as sleep } from 'node:timers/promises'
import type { LoopPorts } from './loop-ports.ts'

/** An agent that was not heard of for a while counts as out of reach (`agentSilentAfterMs`): one that waits asks anew well before. */
const claimWaitMs = 40_000

/** Claims while something is free and nothing keeps the agent from it. */
export async function claimLoop(ports: LoopPorts, agentId: string, signal: AbortSignal): Promise<void> {
  const { roster, gate, controlPlane } = ports
  const request = () => ({
    agentId,
    executors: [ports.executor],
    running: [...roster.attemptIds],
  })
  while (!signal.aborted) {
    const room = roster.free()
    const until = AbortSignal.any([signal, roster.nextChange(), gate.nextChange()])
    if (gate.refusal() !== undefined || room.tasks === 0 || room.cpus <= 0) {
      await sleep(claimWaitMs, undefined, { signal: until }).catch(() => {})
      continue
    }
    try {
      // More room asks anew. An answer that is lost thereby is given again: what is running is named.
      for (const claim of await controlPlane.claim({ ...request(), free: room, waitMs: claimWaitMs }, until))
        roster.begin(claim)
    } catch (error) {
      // What was on its way when the gate closed was given to this agent: it takes that, and nothing more.
      if (gate.refusal() !== undefined && !signal.aborted) await takeWhatIsGiven().catch(() => {})
      else await ports.afterTrouble(error)
    }
  }

  async function takeWhatIsGiven(): Promise<void> {
    const none = { cpus: 0, memoryMb: 0, tasks: 0 }
    for (const claim of await controlPlane.claim({ ...request(), free: none, waitMs: 0 }, signal)) roster.begin(claim)
  }
}
