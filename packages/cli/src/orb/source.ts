import { CallError, jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { requireInFolder } from '../registry/folder-versions.ts'
import type { GraphqlClient } from '../registry/graphql-client.ts'
import { releasesOf } from '../registry/list-orbs.ts'
import { lookupFlags } from '../registry/lookup.ts'
import { fetchVersion, type RemoteVersion } from '../registry/remote-lookup.ts'
import { serverOf } from '../registry/server.ts'
import { requireReference } from './reference.ts'

export const sourceOfOrb: Verb = {
  name: 'source',
  usage: 'rondo orb source NAMESPACE/NAME[@VERSION]',
  summary: 'print what a version says; without one, the newest release',
  most: 1,
  flags: { ...lookupFlags, ...jsonFlag },
  async run(call) {
    const { orb, version, source } = await requireVersion(call, requireReference(call.arguments[0]))
    if (call.given('json')) printJson({ orb: orb.name, version, source })
    else process.stdout.write(source)
    return 0
  },
}

/** A version by its reference: out of the folder of `--orbs`, else of the server. */
export async function requireVersion(call: VerbCall, reference: string): Promise<RemoteVersion> {
  const folder = call.text('orbs')
  return folder === undefined ? requireRemote(serverOf(call), reference) : requireInFolder(folder, reference)
}

async function requireRemote(client: GraphqlClient, reference: string): Promise<RemoteVersion> {
  const found = await fetchVersion(client, reference)
  if (found !== undefined) return found
  const known = await releasesOf(client, reference.slice(0, reference.indexOf('@')))
  throw new CallError(`${new URL(client.url).host} has no ${reference}.${has(known)}`, 1)
}

function has(releases: readonly string[] | undefined): string {
  if (releases === undefined) return ' `rondo orb list` shows what it has.'
  if (releases.length === 0) return ' No release of this orb is published yet.'
  const more = releases.length > 8 ? ', …' : ''
  return ` It has ${releases.slice(0, 8).join(', ')}${more}.`
}
