import {
  type DocumentNode,
  type GraphQLSchema,
  getNullableType,
  Kind,
  parseType,
  TypeInfo,
  type VariableDefinitionNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/**
 * Declares variables that an operation uses without declaring: the official command line does so with `$orgId`
 * (reference/api, section 5). Each gets the nullable type of the place it is used in.
 */
export function declareVariables(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const types = new TypeInfo(schema)
  const used = new Map<string, string>()
  visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition: () => false,
      Variable(node) {
        const type = types.getInputType()
        if (type) used.set(node.name.value, String(getNullableType(type)))
      },
    }),
  )
  return visit(document, {
    OperationDefinition(operation) {
      const declared = new Set(operation.variableDefinitions?.map(({ variable }) => variable.name.value))
      const missing = [...used].filter(([name]) => !declared.has(name))
      if (missing.length === 0) return undefined
      const added = missing.map(
        ([name, type]): VariableDefinitionNode => ({
          kind: Kind.VARIABLE_DEFINITION,
          variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
          type: parseType(type),
        }),
      )
      return { ...operation, variableDefinitions: [...(operation.variableDefinitions ?? []), ...added] }
    },
  })
}
