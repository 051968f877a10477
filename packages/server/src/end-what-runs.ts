import { setTimeout as sleep } from 'node:timers/promises'
import type { Agents, Operations, UserActions } from '@rondo/model'

/** An agent takes a job's environment down by a deadline of 30 s. */
const deadlineMs = 40_000

/**
 * Cancels every pipeline that has not ended, and waits until no agent has anything of them. For a server that belongs to one
 * command: nobody can see, approve or cancel what would go on without it.
 */
export async function endWhatRuns(ports: {
  readonly operations: Pick<Operations, 'openPipelines'>
  readonly agents: Pick<Agents, 'running'>
  readonly actions: Pick<UserActions, 'cancelPipeline'>
}): Promise<void> {
  try {
    for (const id of await ports.operations.openPipelines()) await ports.actions.cancelPipeline(id, null)
    for (const deadline = Date.now() + deadlineMs; Date.now() < deadline; await sleep(50))
      if ((await ports.agents.running()).length === 0) return
  } catch {
    // Without its database there is nothing to cancel by; what is left goes when the next server's agent starts.
  }
}
