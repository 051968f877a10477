import { createInlineCompiler } from '@rondo/conductor'
import type { OrbContent, OrbLookup } from '@rondo/model'
import { readCliEnv } from '../env.ts'
import { CallError, jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { createGraphqlClient, type GraphqlClient } from '../registry/graphql-client.ts'
import { listOrbs, releasesOf } from '../registry/list-orbs.ts'
import { createRemoteLookup } from '../registry/remote-lookup.ts'
import { endpointOf, serverFlags, serverOf } from '../registry/server.ts'
import { importAll, report } from './import.ts'
import { requireOrbName } from './reference.ts'

export const mirrorOrbs: Verb = {
  name: 'mirror',
  usage: 'rondo orb mirror NAMESPACE|NAMESPACE/NAME[@VERSION]…',
  summary: 'copy orbs from another registry, with every orb they import; administrators only',
  flags: {
    from: { type: 'string', value: 'URL', help: 'the registry to copy from (RONDO_ORB_UPSTREAM)' },
    'from-token': { type: 'string', value: 'TOKEN', help: 'a token for it, where public orbs need one' },
    all: { type: 'boolean', help: 'every release, not only the newest' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    if (call.arguments.length === 0) throw new CallError('Name namespaces or orbs to copy.')
    const upstream = upstreamOf(call)
    const references: string[] = []
    for (const wanted of call.arguments) references.push(...(await expand(upstream, wanted, call.given('all'))))
    const { contents, missing } = await collect(createRemoteLookup(upstream, { pins: false }), references)
    const arrivals = contents.map(({ resolved, source }) => {
      const at = resolved.indexOf('@')
      return { orb: resolved.slice(0, at), version: resolved.slice(at + 1), source }
    })
    const exit = report(call, await importAll(serverOf(call), arrivals))
    for (const reference of missing) process.stderr.write(`${new URL(upstream.url).host} has no ${reference}.\n`)
    return missing.length > 0 ? 1 : exit
  },
}

function upstreamOf(call: VerbCall): GraphqlClient {
  const url = call.text('from') ?? readCliEnv().orbUpstream
  if (url === undefined)
    throw new CallError('Say with --from URL, or in RONDO_ORB_UPSTREAM, which registry to copy from.')
  return createGraphqlClient(endpointOf(url), call.text('from-token'))
}

/** What an argument stands for, as references. */
async function expand(upstream: GraphqlClient, wanted: string, all: boolean): Promise<readonly string[]> {
  if (wanted.includes('@')) return [wanted]
  if (wanted.includes('/')) {
    if (!all) return [`${requireOrbName(wanted)}@volatile`]
    const releases = await releasesOf(upstream, requireOrbName(wanted))
    return (releases ?? ['volatile']).map((version) => `${wanted}@${version}`)
  }
  const orbs = (await listOrbs(upstream, wanted, 'PUBLIC_ONLY')).filter(({ version }) => version !== null)
  if (!all) return orbs.map(({ name, version }) => `${name}@${version}`)
  const each = await Promise.all(orbs.map(({ name }) => expand(upstream, name, true)))
  return each.flat()
}

/** The versions and, however deep, those they import; importing ones after what they import. */
async function collect(
  upstream: OrbLookup,
  references: readonly string[],
): Promise<{ contents: readonly OrbContent[]; missing: readonly string[] }> {
  const contents = new Map<string, OrbContent>()
  const missing: string[] = []
  const recording: OrbLookup = {
    async resolve(requests, organizationId) {
      const found = await upstream.resolve(requests, organizationId)
      for (const content of found)
        if (content !== undefined && 'source' in content) contents.set(content.resolved, content)
      return found
    },
  }
  for (const reference of references) {
    const [content] = await upstream.resolve([{ reference }], null)
    if (content === undefined || 'refused' in content) missing.push(reference)
    else {
      // Checking an orb asks for everything it reaches; whether it is valid is for the importing server to say.
      await createInlineCompiler(recording).checkOrb({ source: content.source, organizationId: null })
      contents.set(content.resolved, content)
    }
  }
  return { contents: [...contents.values()], missing }
}
