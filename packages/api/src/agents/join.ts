import { type AgentCredential, type AgentTokens, AppError, agentNameDefect } from '@rondo/model'
import { hashToken, newAgentToken } from '../credentials.ts'
import type { AgentPorts } from '../ports.ts'

/** How machines become agents by themselves: see `AgentTokens.join`. */
export function createJoining(tokens: Pick<AgentTokens, 'find' | 'join'>): Pick<AgentPorts, 'join' | 'requireJoining'> {
  return {
    async requireJoining(token) {
      const found = await tokens.find(hashToken(token))
      if (found?.kind !== 'join' || found.expired || found.revokedAt !== null) throw notJoining(found)
    },
    async join(token, wanted) {
      const { name, folder } = readWish(wanted)
      const own = newAgentToken('agent')
      const given = await tokens.join(hashToken(token), { name, folder, hash: hashToken(own) })
      if (given === undefined) throw notJoining(await tokens.find(hashToken(token)))
      return { name: given, token: own }
    },
  }
}

function notJoining(found: Awaited<ReturnType<AgentTokens['find']>>): AppError {
  const why =
    found === undefined || found.kind !== 'join'
      ? 'This is no joining token.'
      : `The joining token ${found.name} ${endOf(found)}.`
  return new AppError('unauthenticated', `${why} Make one with \`rondo agent token create NAME --join\`.`)
}

function endOf({ revokedAt, usedUp }: AgentCredential): string {
  if (revokedAt !== null) return 'was revoked'
  return usedUp ? 'has let in as many machines as it may' : 'has expired'
}

/** What the host is called may be anything; what cannot name an agent is left out of it. */
function readWish(wanted: unknown): { readonly name: string; readonly folder: string } {
  const { name, folder } = (wanted ?? {}) as { readonly name?: unknown; readonly folder?: unknown }
  const fitting = String(name ?? '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 50)
  const defect = agentNameDefect(fitting)
  if (defect !== undefined) throw new AppError('bad-request', defect)
  if (typeof folder !== 'string' || !/^[\w-]{16,100}$/.test(folder))
    throw new AppError('bad-request', 'An agent that joins names its folder: 16 to 100 letters and digits.')
  return { name: fitting, folder }
}
