import { AppError, type ContextRecord, contextScope, type Organization, type SealedSecret } from '@rondo/model'
import { hintOf } from '../../http/presenters/variable.ts'
import type { RoutePorts } from '../../http/route.ts'
import { isVariableName } from '../../http/shapes.ts'
import { attempt, type Payload } from '../payload.ts'
import type { Resolvers } from '../resolvers.ts'
import { requireAsker } from '../viewer.ts'

interface VariableArguments {
  readonly input: { readonly contextId: string; readonly variable: string; readonly value: string }
}

/** Contexts as clients without API v2 read and write them. */
export function contextResolvers({
  access,
  secrets,
  sealer,
}: Pick<RoutePorts, 'access' | 'secrets' | 'sealer'>): Resolvers {
  return {
    Query: {
      context: (_: never, { id }: { id: string }, viewer) => access.context(requireAsker(viewer), id, 'view'),
    },
    Organization: {
      async contexts(organization: Organization) {
        const contexts = await secrets.contextsOf(organization.id)
        return { edges: contexts.map((context) => ({ node: context })) }
      },
    },
    Context: {
      createdAt: (context: ContextRecord) => context.createdAt.toISOString(),
      resources: (context: ContextRecord) => secrets.contextVariables(context.id),
    },
    ContextResource: {
      variable: (secret: SealedSecret) => secret.name,
      truncatedValue: (secret: SealedSecret) => `xxxx${secret.hint}`,
      createdAt: (secret: SealedSecret) => secret.createdAt.toISOString(),
      updatedAt: (secret: SealedSecret) => secret.updatedAt.toISOString(),
    },
    Mutation: {
      async createContext(_: never, { input }: { input: { ownerId: string; contextName: string } }, viewer) {
        const asker = requireAsker(viewer)
        return contextPayload(
          await attempt(async () => {
            const organization = await access.organization(asker, input.ownerId, 'configure')
            return secrets.createContext(organization.id, input.contextName)
          }),
        )
      },
      async deleteContext(_: never, { input }: { input: { contextId?: string | null } }, viewer) {
        const context = await access.context(requireAsker(viewer), String(input.contextId ?? ''), 'configure')
        await secrets.deleteContext(context.id)
        return { clientMutationId: null }
      },
      async storeEnvironmentVariable(_: never, { input }: VariableArguments, viewer) {
        const asker = requireAsker(viewer)
        return contextPayload(
          await attempt(async () => {
            const context = await access.context(asker, input.contextId, 'configure')
            requireVariableName(input.variable)
            const sealed = await sealer.seal(input.value, contextScope(context.id))
            await secrets.setContextVariable(context.id, { name: input.variable, sealed, hint: hintOf(input.value) })
            return context
          }),
        )
      },
      async removeEnvironmentVariable(_: never, { input }: VariableArguments, viewer) {
        const asker = requireAsker(viewer)
        return contextPayload(
          await attempt(async () => {
            const context = await access.context(asker, input.contextId, 'configure')
            if (!(await secrets.deleteContextVariable(context.id, input.variable)))
              throw new AppError('not-found', `The context has no variable ${input.variable.slice(0, 100)}.`)
            return context
          }),
        )
      },
    },
  }
}

function contextPayload({ value, errors }: Payload<ContextRecord>) {
  return { error: { type: errors[0]?.message ?? null }, context: value }
}

function requireVariableName(name: string): void {
  if (!isVariableName(name))
    throw new AppError(
      'bad-request',
      `"${name.slice(0, 100)}" cannot name a variable. Use letters, digits and "_", not starting with a digit.`,
    )
}
