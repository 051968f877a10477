import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

/** What one operation may ask for (rule S-31). */
const maxDepth = 12
/** The usual introspection query is deeper; what it may repeat is bounded by a rule of its own. */
const maxIntrospectionDepth = 20
const maxAliases = 15
/** Fields of the answer, lists counted by the length they ask for. */
const maxCost = 50_000
/** How long a list is reckoned that says nothing. */
const defaultLength = 20

interface Walk {
  readonly fragments: ReadonlyMap<string, SelectionSetNode>
  readonly variables: Readonly<Record<string, unknown>>
  aliases: number
  cost: number
  introspects: boolean
}

/** Refuses what would cost too much before anything looks at it more closely; tells whether it asks for the schema. */
export function requireBounds(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): { readonly introspects: boolean } {
  const fragments = new Map<string, SelectionSetNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet)
  const walk: Walk = { fragments, variables, aliases: 0, cost: 0, introspects: false }
  visit(walk, operation.selectionSet, { depth: 1, maxDepth, length: 1 })
  return { introspects: walk.introspects }
}

interface Place {
  readonly depth: number
  readonly maxDepth: number
  /** How often what is here comes in the answer. */
  readonly length: number
}

function visit(walk: Walk, set: SelectionSetNode, place: Place): void {
  // Fragments count as depth too, so one that contains itself ends here.
  if (place.depth > place.maxDepth)
    throw new GraphQLError(`The query is nested more than ${place.maxDepth} deep. Ask in several queries.`)
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      visitField(walk, selection, place)
      continue
    }
    addCost(walk, 1)
    const inside =
      selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : walk.fragments.get(selection.name.value)
    if (inside !== undefined) visit(walk, inside, { ...place, depth: place.depth + 1 })
  }
}

function visitField(walk: Walk, field: FieldNode, place: Place): void {
  if (field.alias !== undefined) walk.aliases++
  if (walk.aliases > maxAliases)
    throw new GraphQLError(`The query has more than ${maxAliases} aliases. Ask in several queries.`)
  addCost(walk, place.length)
  const introspection = field.name.value === '__schema' || field.name.value === '__type'
  if (introspection) walk.introspects = true
  if (field.selectionSet === undefined) return
  visit(walk, field.selectionSet, {
    depth: place.depth + 1,
    maxDepth: introspection ? maxIntrospectionDepth : place.maxDepth,
    length: place.length * lengthOf(walk, field),
  })
}

function addCost(walk: Walk, values: number): void {
  walk.cost += values
  if (walk.cost > maxCost)
    throw new GraphQLError(`The query asks for more than ${maxCost} values. Ask for shorter lists.`)
}

function lengthOf(walk: Walk, field: FieldNode): number {
  const asked = field.arguments?.find(({ name }) => name.value === 'first' || name.value === 'count')?.value
  if (asked === undefined) return field.name.value === 'versions' || field.name.value === 'orbs' ? defaultLength : 1
  const value = asked.kind === Kind.VARIABLE ? walk.variables[asked.name.value] : 'value' in asked ? asked.value : null
  return Math.max(1, Number(value) || defaultLength)
}
