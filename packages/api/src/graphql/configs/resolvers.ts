import { AppError } from '@rondo/model'
import { checkOrbForPeople, compileForPeople } from '../../compile-for-people.ts'
import type { RoutePorts } from '../../http/route.ts'
import { requireId } from '../ids.ts'
import type { Resolvers } from '../resolvers.ts'
import { requireAsker } from '../viewer.ts'

interface BuildArguments {
  readonly configYaml: string
  readonly pipelineValues?: readonly { readonly key: string; readonly val?: unknown }[] | null
  readonly pipelineParametersJson?: string | null
  readonly orgId?: unknown
  readonly orgSlug?: string | null
}

export function configResolvers(ports: Pick<RoutePorts, 'access' | 'compiler' | 'secrets'>): Resolvers {
  return {
    Query: {
      buildConfig: (_: never, args: BuildArguments, viewer) =>
        compileForPeople(ports, requireAsker(viewer), {
          source: args.configYaml,
          owner: args.orgId ? requireId('orgId', args.orgId) : (args.orgSlug ?? ''),
          values: Object.fromEntries((args.pipelineValues ?? []).map(({ key, val }) => [key, val ?? null])),
          parameters: readParameters(args.pipelineParametersJson),
          signal: viewer.signal,
        }),
      orbConfig: (_: never, { orbYaml, ownerId }: { orbYaml: string; ownerId?: unknown }, viewer) =>
        checkOrbForPeople(ports, requireAsker(viewer), {
          source: orbYaml,
          owner: ownerId ? requireId('ownerId', ownerId) : '',
          signal: viewer.signal,
        }),
    },
  }
}

function readParameters(json: string | null | undefined): Readonly<Record<string, unknown>> {
  if (!json) return {}
  try {
    const value: unknown = JSON.parse(json)
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Told below, as any other text that is no JSON object.
  }
  throw new AppError('bad-request', 'pipelineParametersJson is not a JSON object. Give {"name": value}.')
}
