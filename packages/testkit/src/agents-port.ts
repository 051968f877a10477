import { systemClock } from '@rondo/adapters'
import { createAgentAuthenticator, createAgentServer, createJoining, createOpenCalls } from '@rondo/api'
import type { FastifyInstance } from 'fastify'
import type { TestEngine } from './engine.ts'

/** The agents' port as one server process has it. `onError`: what becomes of what nobody foresaw; by default it is thrown. */
export function openAgentsPort(engine: TestEngine, onError: (error: unknown) => void = rethrow): FastifyInstance {
  const { agentTokens, wakeups } = engine.database.store
  const authenticator = createAgentAuthenticator(agentTokens, systemClock)
  return createAgentServer(
    {
      admits: async () => true,
      authenticate: authenticator.agent,
      openCalls: createOpenCalls(agentTokens, authenticator, wakeups),
      controlPlane: engine.sealedPlaneOf,
      ...createJoining(agentTokens),
    },
    { onError },
  )
}

function rethrow(error: unknown): never {
  throw error
}
