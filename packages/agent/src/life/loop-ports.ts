import type { AgentExecutor, ControlPlane } from '@rondo/protocol'
import type { Gate } from './gate.ts'
import type { Roster } from './roster.ts'

/** What the agent's loops share. */
export interface LoopPorts {
  readonly controlPlane: ControlPlane
  readonly executor: AgentExecutor
  readonly roster: Roster
  readonly gate: Gate
  /** Known holes of what jobs run in, for administrators to read. */
  readonly faults: readonly string[]
  /** Waits a little after a call that failed, and greets a server that does not know this machine any more. */
  afterTrouble(error: unknown): Promise<void>
}

/** A wait that was ended, not a call that failed. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.cause instanceof DOMException)
}
