import { type AgentCredential, type AgentTokens, AppError, type Clock, type Seat, type SeatHolder } from '@rondo/model'
import { hashToken } from '../credentials.ts'

/** Who asks at the agents' port: an agent, and which process is it. */
export interface AskingAgent {
  readonly id: string
  /** Undefined for agents of versions that did not say. */
  readonly seat: Seat | undefined
}

export interface AgentAuthenticator {
  /**
   * Who sent a request: `unauthenticated` for a token that counts no more, `gone` when another process is this agent. A greeting
   * may come from any: whether that process becomes the agent is decided there, and forgotten here.
   */
  agent(token: string, seat: string | undefined, greeting: boolean): Promise<AskingAgent>
  /** Why a token counts no more, looked up anew whatever is remembered of it; undefined: it counts. */
  refusalOf(token: string): Promise<AppError | undefined>
}

/** A token is looked at again after so long: revoked, it counts no more within this time. */
const lookAgainMs = 2_000
/** More than any installation has agents; what is over is looked up again. */
const mostKnown = 10_000

interface Known {
  readonly credential: AgentCredential
  readonly lookedAt: number
}

/** Knows agents by their tokens, with one look at the database for many calls. */
export function createAgentAuthenticator(
  tokens: Pick<AgentTokens, 'find'>,
  clock: Pick<Clock, 'monotonicMs'>,
): AgentAuthenticator {
  const known = new Map<string, Known>()

  async function look(token: string): Promise<AgentCredential> {
    const hash = hashToken(token)
    const credential = await tokens.find(hash)
    if (credential === undefined)
      throw new AppError(
        'unauthenticated',
        'This agent token is not known. Make one with `rondo agent token create NAME`.',
      )
    if (known.size >= mostKnown) known.clear()
    known.set(hash.toString('base64'), { credential, lookedAt: clock.monotonicMs() })
    return credential
  }

  function remembered(token: string): AgentCredential | undefined {
    const found = known.get(hashToken(token).toString('base64'))
    return found !== undefined && clock.monotonicMs() - found.lookedAt < lookAgainMs ? found.credential : undefined
  }

  return {
    async agent(token, seatText, greeting) {
      const seat = parseSeat(seatText)
      let credential = greeting ? undefined : remembered(token)
      // What is remembered may be of before another process became the agent.
      if (credential === undefined || !holds(credential, seat)) credential = await look(token)
      const id = idOf(credential)
      if (greeting) known.delete(hashToken(token).toString('base64'))
      else if (!holds(credential, seat)) throw new AppError('gone', heldBy(credential.name, credential.seat!))
      return { id, seat }
    },
    async refusalOf(token) {
      try {
        idOf(await look(token))
      } catch (error) {
        known.delete(hashToken(token).toString('base64'))
        if (error instanceof AppError && error.code === 'unauthenticated') return error
        throw error
      }
    },
  }
}

/** What the process is told that was the agent, and was silent for so long that another is it now. */
function heldBy(name: string, { hostname, since }: SeatHolder): string {
  return `Agent ${name} is another process by now: on ${hostname || 'an unknown machine'}, since ${momentOf(since)} UTC.`
}

function momentOf(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ')
}

/** `folder/place`, as the agent sends it. */
function parseSeat(text: string | undefined): Seat | undefined {
  const [, folder, place] = /^([\w-]{8,100})\/([\w:.-]{1,200})$/.exec(text ?? '') ?? []
  return folder === undefined || place === undefined ? undefined : { folder, place }
}

function holds({ seat: held }: AgentCredential, seat: Seat | undefined): boolean {
  return held === null || (held.folder === seat?.folder && held.place === seat.place)
}

function idOf({ agentId, name, revokedAt, revokedBy }: AgentCredential): string {
  if (revokedAt !== null)
    throw new AppError(
      'unauthenticated',
      `The token of agent ${name} was revoked${revokedBy === null ? '' : ` by ${revokedBy}`} at ${momentOf(revokedAt)} UTC. To go on, make another with \`rondo agent token create ${name}\`.`,
    )
  if (agentId === null)
    throw new AppError(
      'unauthenticated',
      `${name} is a joining token: an agent joins with it, and works with the token it is given then.`,
    )
  return agentId
}
