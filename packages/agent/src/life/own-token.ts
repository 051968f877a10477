import { join } from 'node:path'
import { joinInstallation } from '../control-plane/join.ts'
import { untilReachable } from '../control-plane/retry.ts'
import type { ServerTrust } from '../control-plane/server-trust.ts'
import { readIfThere, writeWhole } from './seat.ts'

interface Joining {
  readonly serverUrl: string
  readonly trust: ServerTrust | undefined
  /** What the operator gave: an agent's token, or one with which machines join. */
  readonly given: string
  readonly dataFolder: string
  /** Name of that folder; see `seatOf`. */
  readonly folder: string
  /** What the agent wants to be called. */
  readonly name: string
}

/**
 * The token this agent works with. A joining token is exchanged once for one of the agent's own, which its folder keeps from then
 * on; should it be killed before it has that, it asks again and is the same agent.
 */
export async function ownToken(
  { serverUrl, trust, given, dataFolder, folder, name }: Joining,
  signal: AbortSignal,
): Promise<{ readonly token: string; readonly joinedAs?: string }> {
  if (!given.startsWith('rondo_join_')) return { token: given }
  const path = join(dataFolder, 'agent-token')
  const kept = readIfThere(path)
  if (kept !== undefined) return { token: kept }
  const joined = await untilReachable(() => joinInstallation(serverUrl, given, { name, folder }, trust), signal)
  writeWhole(path, joined.token)
  return { token: joined.token, joinedAs: joined.name }
}
