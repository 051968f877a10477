import type { AgentTokens, AppError, Wakeups } from '@rondo/model'
import { hashToken } from '../credentials.ts'
import type { AgentAuthenticator } from './authenticate.ts'

/** Calls that agents have open: questions that wait for news, objects on their way. */
export interface OpenCalls {
  /** Notes a call made with a token. `end` is called when the token counts no more. Answers how to strike the call off. */
  add(token: string, end: (refusal: AppError) => void): () => void
}

/** A notification may be lost; a revoked agent is to know within five seconds (row S-13). */
const lookEveryMs = 2_000

/** Looks after the open calls of this process while there are any, with one question for all. */
export function createOpenCalls(
  tokens: Pick<AgentTokens, 'ended'>,
  authenticator: Pick<AgentAuthenticator, 'refusalOf'>,
  wakeups: Wakeups,
): OpenCalls {
  const open = new Map<string, Set<(refusal: AppError) => void>>()
  let looking = false

  async function endLapsed(): Promise<void> {
    const byHash = new Map([...open.keys()].map((token) => [hashToken(token).toString('base64'), token]))
    const hashes = [...byHash.keys()].map((hash) => Buffer.from(hash, 'base64'))
    for (const hash of await tokens.ended(hashes)) {
      const token = byHash.get(hash.toString('base64'))!
      const refusal = await authenticator.refusalOf(token)
      if (refusal !== undefined) for (const end of open.get(token) ?? []) end(refusal)
    }
  }

  async function look(): Promise<void> {
    while (open.size > 0) {
      await wakeups.wait('agent-tokens', lookEveryMs)
      // A database that is away says nothing of tokens; it is asked again.
      await endLapsed().catch(() => {})
    }
    looking = false
  }

  return {
    add(token, end) {
      const calls = open.get(token) ?? new Set()
      open.set(token, calls.add(end))
      if (!looking) void look()
      looking = true
      return () => {
        calls.delete(end)
        if (calls.size === 0 && open.get(token) === calls) open.delete(token)
      }
    },
  }
}
