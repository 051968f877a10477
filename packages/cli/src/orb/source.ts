import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import type { GraphqlClient } from '../registry/graphql-client.ts'
import { fetchVersion, type RemoteVersion } from '../registry/remote-lookup.ts'
import { serverFlags, serverOf } from '../registry/server.ts'
import { requireReference } from './reference.ts'

export const sourceOfOrb: Verb = {
  name: 'source',
  usage: 'rondo orb source NAMESPACE/NAME[@VERSION]',
  summary: 'print what a version says; without one, the newest release',
  flags: { ...serverFlags, ...jsonFlag },
  async run(call) {
    const { orb, version, source } = await requireRemote(serverOf(call), requireReference(call.arguments[0]))
    if (call.given('json')) printJson({ orb: orb.name, version, source })
    else process.stdout.write(source)
    return 0
  },
}

export async function requireRemote(client: GraphqlClient, reference: string): Promise<RemoteVersion> {
  const found = await fetchVersion(client, reference)
  if (found === undefined) throw new CallError(`${new URL(client.url).host} has no ${reference}.`, 1)
  return found
}
