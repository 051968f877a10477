import { type EngineStore, isFinalJobStatus } from '@rondo/model'
import type { AttemptRef } from '@rondo/protocol'
import type { StartChecks } from '../workflows/start-job.ts'
import { finishTasks } from './record-entries.ts'

/**
 * Ends an attempt whose job was canceled between the claim and the start that its agent asks for now, so that it keeps no room and
 * counts against no limit until its lease has run out. False: it was started, or its job goes on.
 */
export async function endUnstarted(
  ports: { readonly engine: EngineStore; readonly checks: StartChecks },
  agentId: string,
  ref: AttemptRef,
): Promise<boolean> {
  return ports.engine.transact(async (tx) => {
    const held = await tx.holdAttempt(agentId, ref)
    if (held.identity.granted || !isFinalJobStatus(held.job.status)) return false
    await finishTasks(ports, tx, [{ ...held, result: 'canceled', message: null }])
    return true
  })
}
