import { readFileSync } from 'node:fs'
import { buildSchema, type GraphQLSchema, isObjectType } from 'graphql'
import type { RoutePorts } from '../http/route.ts'
import { accountResolvers } from './accounts/resolvers.ts'
import { configResolvers } from './configs/resolvers.ts'
import { contextResolvers } from './contexts/resolvers.ts'
import { registryMutations } from './registry/mutations.ts'
import { registryQueries } from './registry/queries.ts'
import type { Resolve, Resolvers } from './resolvers.ts'

const modules = ['registry', 'accounts', 'contexts', 'configs']

/** The whole schema with its resolvers. A resolver without a field is a mistake of ours. */
export function createSchema(ports: RoutePorts): GraphQLSchema {
  const texts = modules.map((name) => readFileSync(new URL(`./${name}/schema.graphql`, import.meta.url), 'utf8'))
  const schema = buildSchema(texts.join('\n'))
  for (const resolvers of [
    registryQueries(ports),
    registryMutations(ports),
    accountResolvers(ports),
    contextResolvers(ports),
    configResolvers(ports),
  ])
    attach(schema, resolvers)
  return schema
}

function attach(schema: GraphQLSchema, resolvers: Resolvers): void {
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName)
    for (const [name, resolve] of Object.entries(fields)) {
      const field = isObjectType(type) ? type.getFields()[name] : undefined
      if (field === undefined) throw new Error(`the schema has no field ${typeName}.${name}`)
      field.resolve = (source: unknown, args: unknown, viewer: unknown) =>
        (resolve as (...all: unknown[]) => ReturnType<Resolve>)(source, args, viewer)
    }
  }
}
