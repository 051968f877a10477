import type { Seat, SeatHolder } from './agents.ts'

/** What administrators see of a token that counts; the token itself nobody sees again (rule D-20). */
export interface AgentToken {
  readonly id: string
  /** `local`: kept by the server for the agent of its own machine; `join`: machines become agents with it. */
  readonly kind: 'local' | 'agent' | 'join'
  /** The agent's name, or what the joining token is called. */
  readonly name: string
  readonly createdAt: Date
  /** Login; null: the server itself, or the machine that joined. */
  readonly createdBy: string | null
  readonly lastUsedAt: Date | null
  readonly expiresAt: Date | null
  /** Of a joining token: how many machines it may still let in; null: any number. */
  readonly usesLeft: number | null
  /** Name of the joining token that the agent came with; null: it did not join. */
  readonly joinedBy: string | null
}

export interface NewAgentToken {
  readonly kind: 'agent' | 'join'
  readonly name: string
  readonly hash: Buffer
  /** Days until it counts no more; absent: it always counts. */
  readonly days?: number
  /** Machines that may join with it; absent: any number. */
  readonly uses?: number
  readonly actorId: string
}

/** What a token says of its bearer, whether or not it still counts. */
export interface AgentCredential {
  readonly kind: AgentToken['kind']
  readonly name: string
  /** Null for a joining token. */
  readonly agentId: string | null
  readonly revokedAt: Date | null
  readonly revokedBy: string | null
  readonly expired: boolean
  /** A joining token that has let in as many machines as it may. */
  readonly usedUp: boolean
  /** Who is the agent now; null: nobody, or an agent of a version that does not say. */
  readonly seat: (Seat & SeatHolder) | null
}

/** Who may speak as an agent. Tokens are known by their hashes alone. */
export interface AgentTokens {
  /** Those that were not revoked and have not expired, by name. */
  list(): Promise<readonly AgentToken[]>
  /** Makes a token, and the agent of this name where there is none. AppError `conflict` for a name that is the server's own. */
  create(token: NewAgentToken): Promise<AgentToken>
  /** The agent of the server's own machine has this token from now on, and no other; answers its id. */
  keepLocal(hash: Buffer): Promise<string>
  /**
   * Ends a token, and with `joined` those of all agents that joined by it; undefined: there is none of this id. When this has
   * answered, an agent without any token is handed no task any more. AppError `conflict` for the one of the server's own machine.
   */
  revoke(id: string, options: { readonly joined: boolean; readonly actorId: string }): Promise<AgentToken | undefined>
  /**
   * Makes an agent for the bearer of a joining token, under the name it asks for or that with a number; the same folder gets the
   * same agent again, which is no further use. Answers its name; undefined: this is no joining token that counts, or it is used up.
   */
  join(
    hash: Buffer,
    wanted: { readonly name: string; readonly folder: string; readonly hash: Buffer },
  ): Promise<string | undefined>
  /** Undefined: there never was such a token. Notes that it was used. */
  find(hash: Buffer): Promise<AgentCredential | undefined>
  /** Those of these tokens that count no more: revoked, or replaced by another. */
  ended(hashes: readonly Buffer[]): Promise<readonly Buffer[]>
}

/** Why this cannot be the name of an agent or a joining token, as a sentence; undefined: it can. */
export function agentNameDefect(name: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return undefined
  return `"${name}" cannot name an agent. Use up to 63 letters, digits, dots, dashes and underscores, a letter or digit first.`
}
