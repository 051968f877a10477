import { type AgentProcess, type Stack, startAgentProcess } from '@rondo/testkit'
import type { Setting } from './experiment.ts'

/** Agents of a stack that has none of its own, each with its own token; through another port when one is named. */
export function startOwnAgents(
  stack: Stack,
  count: number,
  { executor, port = stack.agentPort }: Pick<Setting, 'executor'> & { readonly port?: number },
): Promise<readonly AgentProcess[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = `own-${index + 1}`
      const { token } = await stack.api<{ token: string }>('POST', '/api/private/agent-tokens', { name })
      return startAgentProcess({ port, token, executor })
    }),
  )
}
