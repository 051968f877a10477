import type { ControlPlane } from '@rondo/protocol'

/** Who is told which attempts keep their environment for their owners, and when one ends since the agent is drained. */
export interface KeptPorts {
  readonly keeps: (attemptId: string) => void
  readonly log: (message: string, fields?: Record<string, unknown>) => void
}

/** The control plane as it is; what is asked of it shows what the agent keeps, also of what an agent before it kept. */
export function noteKept(controlPlane: ControlPlane, { keeps, log }: KeptPorts): ControlPlane {
  return {
    ...controlPlane,
    holdOrders(ref, ...rest) {
      keeps(ref.attemptId)
      return controlPlane.holdOrders(ref, ...rest)
    },
    endHold(ref, why) {
      if (why === 'drained')
        log('the environment of a failed job, kept for its owner, ends: this agent is drained', {
          attempt: ref.attemptId,
        })
      return controlPlane.endHold(ref, why)
    },
  }
}
