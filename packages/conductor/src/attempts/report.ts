import { AppError } from '@rondo/model'
import type { ReportRequest } from '@rondo/protocol'
import { cacheScope } from './attempt-trust.ts'
import type { DispatcherPorts } from './dispatcher-ports.ts'
import { ends, recordReports } from './record-entries.ts'
import type { createTogether } from './together.ts'

/** Records journal entries of an agent's attempt, in one transaction. Answers the last sequence number known. */
export async function report(
  ports: DispatcherPorts,
  together: ReturnType<typeof createTogether>,
  agentId: string,
  request: ReportRequest,
): Promise<{ readonly acknowledged: number }> {
  try {
    const caches = request.entries.some((entry) => entry.type === 'cache-saved')
      ? { caches: cacheScope(await ports.engine.attemptContext(request.attemptId)) }
      : {}
    if (ends(request)) {
      const outcome = await together({ agentId, ref: request, report: { request, ...caches } })
      return { acknowledged: 'known' in outcome ? outcome.known : 0 }
    }
    // What changes the attempt alone waits for nobody's workflow.
    return await ports.engine.transact(async (tx) => {
      const identity = await tx.fence(agentId, request)
      const known = await recordReports(ports, tx, [{ request, ...caches, identity }])
      return { acknowledged: known.get(identity.attemptId)! }
    })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'gone') throw error
    // The last report ends its attempt; repeated because the answer was lost, it is known like any other.
    const known = (await ports.engine.lastWord(agentId, request)) ?? 0
    if (known < request.from + request.entries.length - 1) throw error
    return { acknowledged: known }
  }
}
