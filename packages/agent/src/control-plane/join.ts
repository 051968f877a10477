import { agentJoinPath } from '@rondo/protocol'
import { createCaller } from './caller.ts'
import type { ServerTrust } from './server-trust.ts'

/** Makes this machine an agent by a joining token; answers its name and its own token. See `http-binding.ts` of the protocol. */
export function joinInstallation(
  serverUrl: string,
  token: string,
  wanted: { readonly name: string; readonly folder: string },
  trust?: ServerTrust,
): Promise<{ readonly name: string; readonly token: string }> {
  const caller = createCaller(serverUrl, { authorization: `Bearer ${token}` }, trust)
  return caller.answer(agentJoinPath, {
    body: JSON.stringify(wanted),
    headers: { 'content-type': 'application/json' },
    silenceMs: 30_000,
  })
}
