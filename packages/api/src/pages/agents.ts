import { AppError } from '@rondo/model'
import type { AgentView, DirectedAgentView } from '@rondo/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isId } from '../access.ts'
import type { Authenticator, Person } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'
import { agentView, taskView } from './agent-view.ts'

/** The machines that run tasks: seen and directed by administrators of the installation. */
export function registerAgents(server: FastifyInstance, ports: Pick<WebPorts, 'agents'>, auth: Authenticator): void {
  const base = '/api/private/agents'

  async function administrator(request: FastifyRequest): Promise<Person> {
    const asker = await auth.person(request)
    if (!asker.user.admin)
      throw new AppError('forbidden', 'Agents are for administrators of this installation. Ask one of them.')
    return asker
  }

  server.get(base, async (request, reply) => {
    await administrator(request)
    const [found, running] = await Promise.all([ports.agents.list(), ports.agents.running()])
    const agents: readonly AgentView[] = found.map((agent) => agentView(agent, running))
    return reply.header('cache-control', 'no-store').send({ agents })
  })

  for (const [verb, draining] of [
    ['drain', true],
    ['resume', false],
  ] as const)
    server.post(`${base}/:id/${verb}`, async (request) => {
      const { user } = await administrator(request)
      const { id } = request.params as { id: string }
      const directed = isId(id) ? await ports.agents.setDraining(id, draining, user.id) : undefined
      if (directed === undefined)
        throw new AppError('not-found', `There is no agent ${id}. The list of agents has their ids.`)
      const { agent, ending } = directed
      const view: DirectedAgentView = {
        ...agentView(agent, await ports.agents.running(agent.id)),
        ending: ending.map(taskView),
      }
      return view
    })
}
