import { type AgentToken, AppError, agentNameDefect } from '@rondo/model'
import type { AgentTokenView, NewAgentTokenView } from '@rondo/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isId } from '../access.ts'
import type { Authenticator, Person } from '../authenticate.ts'
import { hashToken, newAgentToken } from '../credentials.ts'
import type { WebPorts } from '../ports.ts'

const base = '/api/private/agent-tokens'
const body = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string' },
    kind: { enum: ['agent', 'join'] },
    days: { type: 'number', exclusiveMinimum: 0, maximum: 3_650 },
    uses: { type: 'integer', minimum: 1, maximum: 1_000_000 },
  },
}

interface Wish {
  readonly name: string
  readonly kind?: 'agent' | 'join'
  readonly days?: number
  readonly uses?: number
}

/** Tokens of agents: made, seen and revoked by administrators of the installation. */
export function registerAgentTokens(
  server: FastifyInstance,
  { agentTokens }: Pick<WebPorts, 'agentTokens'>,
  auth: Authenticator,
): void {
  async function administrator(request: FastifyRequest): Promise<Person> {
    const asker = await auth.person(request)
    if (!asker.user.admin)
      throw new AppError('forbidden', 'Agent tokens are for administrators of this installation. Ask one of them.')
    return asker
  }

  server.get(base, async (request, reply) => {
    await administrator(request)
    return reply.header('cache-control', 'no-store').send({ tokens: (await agentTokens.list()).map(view) })
  })

  server.post(base, { schema: { body } }, async (request, reply): Promise<NewAgentTokenView> => {
    const { user } = await administrator(request)
    const { name, kind = 'agent', days, uses } = request.body as Wish
    const defect = agentNameDefect(name)
    if (defect !== undefined) throw new AppError('bad-request', defect)
    if (kind === 'agent' && days !== undefined)
      throw new AppError(
        'bad-request',
        'Only joining tokens expire by themselves: an agent would lose its jobs. Revoke it.',
      )
    if (kind === 'agent' && uses !== undefined)
      throw new AppError('bad-request', 'Only joining tokens are for a number of machines; this one is one agent’s.')
    const token = newAgentToken(kind)
    const bounds = { ...(days === undefined ? {} : { days }), ...(uses === undefined ? {} : { uses }) }
    const wanted = { kind, name, hash: hashToken(token), actorId: user.id, ...bounds }
    reply.header('cache-control', 'no-store')
    return { ...view(await agentTokens.create(wanted)), token }
  })

  server.post(`${base}/:id/revoke`, async (request) => {
    const { user } = await administrator(request)
    const { id } = request.params as { id: string }
    const joined = (request.body as { joined?: unknown } | undefined)?.joined === true
    const revoked = isId(id) ? await agentTokens.revoke(id, { joined, actorId: user.id }) : undefined
    if (revoked === undefined)
      throw new AppError('not-found', `There is no agent token ${id}. The list of agent tokens has their ids.`)
    return view(revoked)
  })
}

function view(token: AgentToken): AgentTokenView {
  const { id, kind, name, createdBy, usesLeft, joinedBy } = token
  return {
    id,
    kind,
    name,
    createdBy,
    usesLeft,
    joinedBy,
    createdAt: token.createdAt.toISOString(),
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    expiresAt: token.expiresAt?.toISOString() ?? null,
  }
}
