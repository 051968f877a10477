import type { Route } from '../route.ts'
import { answerDifferences, requestDifferences } from './compare-shapes.ts'
import type { ReferenceOperation, Schema } from './reference.ts'

/** In what our operations differ from those of the reference: one sentence each, in the form `GET /me: answers avatar_url too`. */
export function contractDifferences(
  routes: readonly Route[],
  reference: ReadonlyMap<string, ReferenceOperation>,
): readonly string[] {
  const ours = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]))
  const theirs = new Map([...reference].map(([name, operation]) => [oneSpelling(name), operation]))
  const found = [...theirs.keys()].filter((name) => !ours.has(name)).map((name) => `${name}: is not served`)
  for (const [name, route] of ours) {
    const operation = theirs.get(name)
    const differences = operation === undefined ? ['is ours'] : operationDifferences(route, operation)
    found.push(...differences.map((difference) => `${name}: ${difference}`))
  }
  return found
}

/** The reference writes some parameters in two ways. */
export function oneSpelling(name: string): string {
  return name
    .replace('{provider}/{organization}/{project}', '{project-slug}')
    .replace('{context_id}', '{context-id}')
    .replace('{restriction_id}', '{restriction-id}')
}

function operationDifferences(route: Route, reference: ReferenceOperation): readonly string[] {
  const query = objectOf(reference.parameters.filter((parameter) => parameter.in === 'query'))
  const statuses = Object.keys(reference.responses).filter((status) => status.startsWith('2'))
  const expected = statuses.find((status) => Number(status) === route.status) ?? statuses[0] ?? ''
  return [
    ...(Number(expected) === route.status ? [] : [`answers ${route.status}, not ${expected}`]),
    ...requestDifferences(route.query ?? {}, query).map((difference) => `${difference} in its query`),
    ...requestDifferences(route.body ?? {}, reference.body ?? {}),
    ...answerDifferences(route.answer, reference.responses[expected] ?? {}),
  ]
}

function objectOf(parameters: ReferenceOperation['parameters']): Schema {
  const names = parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name)
  return {
    // In an address, everything is text.
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, { ...schema, type: 'string' }])),
    required: names,
  }
}
