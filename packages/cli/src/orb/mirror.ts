import { createInlineCompiler } from '@rondo/conductor'
import { type OrbContent, type OrbLookup, type OrbPin, parseRelease } from '@rondo/model'
import { readCliEnv } from '../env.ts'
import { CallError, jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { createGraphqlClient, type GraphqlClient, ServerTrouble } from '../registry/graphql-client.ts'
import { importedOrbs, listOrbs, releasesOf } from '../registry/list-orbs.ts'
import { persistentClient } from '../registry/persistent-client.ts'
import { createRemoteLookup } from '../registry/remote-lookup.ts'
import { endpointOf, serverFlags, serverOf } from '../registry/server.ts'
import { createImport, endImport, type Import, tellImport } from './arrivals.ts'
import { requireOrbName } from './reference.ts'

export const mirrorOrbs: Verb = {
  name: 'mirror',
  usage: 'rondo orb mirror NAMESPACE|NAMESPACE/NAME[@VERSION]…',
  summary: 'copy orbs from another registry, with every orb they import; administrators only',
  flags: {
    from: { type: 'string', value: 'URL', help: 'the registry to copy from (RONDO_ORB_UPSTREAM)' },
    'from-token': { type: 'string', value: 'TOKEN', help: 'a token for it, where public orbs need one' },
    all: { type: 'boolean', help: 'every release, not only the newest' },
    update: { type: 'boolean', help: 'of every orb that was imported here, what is newer there' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const update = call.given('update')
    if (update ? call.arguments.length > 0 : call.arguments.length === 0)
      throw new CallError('Name namespaces or orbs to copy; or say --update alone, for those that are here.')
    const upstream = upstreamOf(call)
    const server = serverOf(call)
    const importing = createImport(server, tellImport(call))
    const missing: string[] = []
    const lookup = createRemoteLookup(upstream, { names: 'asked' })
    const wanted = update ? await importedOrbs(server) : call.arguments
    for (const one of wanted)
      for (const reference of await expand(upstream, one, call.given('all'))) {
        if (isExact(reference) && (await importing.has(reference))) importing.alreadyHere(reference)
        else missing.push(...(await tryCopy(importing, lookup, reference)))
      }
    const why = `is not at ${new URL(upstream.url).host}. Check its name and version there.`
    return endImport(call, importing.outcome, { missing, why })
  },
}

/** One that the other registry refuses, or answers nonsense to, does not hold up the rest. One that is not there does. */
async function tryCopy(importing: Import, upstream: OrbLookup, reference: string): Promise<readonly string[]> {
  try {
    return await copy(importing, upstream, reference)
  } catch (error) {
    if (!(error instanceof CallError) || error instanceof ServerTrouble) throw error
    importing.refuse(reference, error.message)
    return []
  }
}

function isExact(reference: string): boolean {
  return parseRelease(reference.slice(reference.indexOf('@') + 1)) !== undefined
}

/**
 * Copies one version, after all it imports, each under the name it is asked for by: what is here is here with its imports, wherever a copy was cut off.
 * Answers what the other registry lacks.
 */
async function copy(importing: Import, upstream: OrbLookup, reference: string): Promise<readonly string[]> {
  const contents = await collect(upstream, reference)
  if (contents === undefined) return [reference]
  await importing.bring(
    contents.map(({ resolved, source, imports }) => {
      const at = resolved.indexOf('@')
      return { orb: resolved.slice(0, at), version: resolved.slice(at + 1), source, imports }
    }),
  )
  return []
}

function upstreamOf(call: VerbCall): GraphqlClient {
  const url = call.text('from') ?? readCliEnv().orbUpstream
  if (url === undefined)
    throw new CallError('Say with --from URL, or in RONDO_ORB_UPSTREAM, which registry to copy from.')
  const cure = 'Check --from or RONDO_ORB_UPSTREAM. What was copied stays; call again to go on.'
  return persistentClient(createGraphqlClient(endpointOf(url), call.text('from-token'), cure))
}

/** What an argument stands for, as references. */
async function expand(upstream: GraphqlClient, wanted: string, all: boolean): Promise<readonly string[]> {
  if (wanted.includes('@')) return [wanted]
  if (wanted.includes('/')) {
    if (!all) return [`${requireOrbName(wanted)}@volatile`]
    const releases = await releasesOf(upstream, requireOrbName(wanted))
    return (releases ?? ['volatile']).map((version) => `${wanted}@${version}`)
  }
  const listed = (await listOrbs(upstream, wanted, 'PUBLIC_ONLY')).filter(({ version }) => version !== null)
  const references: string[] = []
  for (const { name, version } of listed) {
    // By the name that was asked for, whatever the namespace is called there: nothing else may come in.
    const orb = requireOrbName(`${wanted}/${name.slice(name.indexOf('/') + 1)}`)
    references.push(...(all ? await expand(upstream, orb, true) : [`${orb}@${version}`]))
  }
  return references
}

type Copied = OrbContent & { readonly imports: readonly OrbPin[] }

/** A version and, however deep, those it imports; importing ones after what they import. Undefined: there is none. */
async function collect(upstream: OrbLookup, reference: string): Promise<readonly Copied[] | undefined> {
  const contents = new Map<string, OrbContent>()
  // What each orb's own stanza came to there: a range is not to be resolved anew here.
  const pins = new Map<string, OrbPin[]>()
  const recording: OrbLookup = {
    async resolve(requests, organizationId) {
      const found = await upstream.resolve(requests, organizationId)
      for (const [index, content] of found.entries()) {
        if (content === undefined || 'refused' in content) continue
        contents.set(content.resolved, content)
        const { reference, importer = '' } = requests[index]!
        pins.set(importer, [...(pins.get(importer) ?? []), { reference, resolved: content.resolved }])
      }
      return found
    },
  }
  const [content] = await upstream.resolve([{ reference }], null)
  if (content === undefined || 'refused' in content) return undefined
  // Checking an orb asks for everything it reaches; whether it is valid is for the importing server to say.
  const { source, resolved } = content
  await createInlineCompiler(recording).checkOrb({ source, file: resolved, organizationId: null })
  // Found from the outside in.
  const copied = [...[...contents.values()].reverse(), content]
  return copied.map((one) => ({ ...one, imports: pins.get(one.resolved) ?? [] }))
}
