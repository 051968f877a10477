import { boxSealer, peerIsSandboxed, systemClock } from '@rondo/adapters'
import { createAgentAuthenticator, createAgentServer, createJoining, createOpenCalls, hashToken } from '@rondo/api'
import { createDispatcher, type DispatcherPorts } from '@rondo/conductor'
import type { Store } from '@rondo/store'
import type { DataFolder } from './data-folder.ts'
import { localAgentToken } from './local-agent.ts'
import { whenItAnswers } from './when-it-answers.ts'

/** The agents' port, with the dispatcher behind it: the only part of a server that is given what opens secrets. */
export async function createAgentsPart(
  folder: DataFolder,
  store: Store,
  {
    onError,
    tls,
    ...ports
  }: Pick<DispatcherPorts, 'objects' | 'output' | 'checks' | 'holdQuota' | 'taskSpec'> &
    Parameters<typeof createAgentServer>[1],
) {
  const dispatcher = createDispatcher({
    ...ports,
    engine: store.engine,
    wakeups: store.wakeups,
    agents: store.agents,
    holds: store.holds,
    sshAccess: store.sshAccess,
    usage: store.usage,
    clock: systemClock,
    boxes: boxSealer,
  })
  await whenItAnswers(() => store.agentTokens.keepLocal(hashToken(localAgentToken(folder).token)))
  const authenticator = createAgentAuthenticator(store.agentTokens, systemClock)
  return createAgentServer(
    {
      admits: async (connection) => !(await peerIsSandboxed(connection)),
      authenticate: authenticator.agent,
      openCalls: createOpenCalls(store.agentTokens, authenticator, store.wakeups),
      controlPlane: planes(dispatcher),
      ...createJoining(store.agentTokens),
    },
    { onError, tls },
  )
}

/** One object a process that is an agent, for as long as the server lives. */
function planes(
  dispatcher: ReturnType<typeof createDispatcher>,
): Parameters<typeof createAgentServer>[0]['controlPlane'] {
  const known = new Map<string, ReturnType<typeof dispatcher.controlPlane>>()
  return (agent) => {
    const process = [agent.id, agent.seat?.folder, agent.seat?.place].join(' ')
    const plane = known.get(process) ?? dispatcher.controlPlane(agent)
    known.set(process, plane)
    return plane
  }
}
