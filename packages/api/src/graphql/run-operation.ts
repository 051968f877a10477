import { AppError } from '@rondo/model'
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoUndefinedVariablesRule,
  NoUnusedVariablesRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { requireBounds } from './bounds.ts'
import { declareVariables } from './lenient-variables.ts'
import { requireUser, type Viewer } from './viewer.ts'

export interface Operation {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly name?: string
}

/** The longest query of a known client has some 400. */
const maxTokens = 1_500
const maxErrors = 20
/** Existing clients declare variables they do not use, and use one they do not declare. */
const rules = specifiedRules.filter((rule) => rule !== NoUnusedVariablesRule && rule !== NoUndefinedVariablesRule)

/** Runs one operation. Whatever is wrong with it comes back as errors; never rejects. */
export async function runOperation(
  schema: GraphQLSchema,
  operation: Operation,
  viewer: Viewer,
  onError: (error: unknown) => void,
): Promise<ExecutionResult> {
  try {
    const parsed = parse(operation.query, { maxTokens })
    const { introspects } = requireBounds(parsed, operationOf(parsed, operation.name), operation.variables)
    // What the installation can do is told to people who belong to it.
    if (introspects) requireUser(viewer)
    const document = declareVariables(schema, parsed)
    const mistakes = validate(schema, document, rules, { maxErrors })
    if (mistakes.length > 0) return { errors: mistakes }
    const result = await execute({
      schema,
      document,
      variableValues: operation.variables,
      contextValue: viewer,
      ...(operation.name === undefined ? {} : { operationName: operation.name }),
    })
    return result.errors === undefined
      ? result
      : { ...result, errors: result.errors.map((error) => tellable(error, onError)) }
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [error] }
    if (error instanceof AppError) return { errors: [new GraphQLError(error.message)] }
    onError(error)
    return { errors: [new GraphQLError('Internal server error')] }
  }
}

function operationOf(document: DocumentNode, name: string | undefined): OperationDefinitionNode {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const chosen = name === undefined ? operations : operations.filter((operation) => operation.name?.value === name)
  if (chosen.length === 1 && chosen[0] !== undefined) return chosen[0]
  throw new GraphQLError(
    name === undefined
      ? `The document has ${operations.length} operations. Send one, or say by operationName which one to run.`
      : `The document has no operation ${name.slice(0, 100)}.`,
  )
}

/** What nobody foresaw is logged once and says nothing of itself. */
function tellable(error: GraphQLError, onError: (error: unknown) => void): GraphQLError {
  const { originalError } = error
  if (originalError === undefined || originalError instanceof AppError || originalError instanceof GraphQLError)
    return error
  onError(originalError)
  return new GraphQLError('Internal server error', { path: error.path, nodes: error.nodes })
}
