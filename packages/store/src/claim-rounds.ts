import type { ClaimedTask, ClaimQuery } from '@rondo/model'
import { claimTasks } from './claim.ts'
import type { Database } from './database.ts'

interface Asked {
  readonly request: ClaimQuery
  readonly answer: PromiseWithResolvers<readonly ClaimedTask[]>
}

/**
 * Claims of one process in rounds: who asks while a round is under way is served in the next, all of them by one
 * transaction. So a thousand agents that are woken by one task cost what one agent costs.
 */
export function createClaimRounds(database: Database): (request: ClaimQuery) => Promise<readonly ClaimedTask[]> {
  let asked: Asked[] = []
  let working = false

  async function work(): Promise<void> {
    working = true
    while (asked.length > 0) {
      const round = asked
      asked = []
      try {
        const claimed = await claimTasks(
          database,
          round.map((one) => one.request),
        )
        for (const [index, one] of round.entries()) one.answer.resolve(claimed[index] ?? [])
      } catch (error) {
        for (const one of round) one.answer.reject(error)
      }
    }
    working = false
  }

  return (request) => {
    const answer = Promise.withResolvers<readonly ClaimedTask[]>()
    asked.push({ request, answer })
    if (!working) void work()
    return answer.promise
  }
}
