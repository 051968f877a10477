import { createAccess } from '../access.ts'
import { apis } from '../http/apis.ts'
import type { Route } from '../http/route.ts'
import { anybody, oneself } from '../http/subjects.ts'
import type { WebPorts } from '../ports.ts'

/** A route of the APIs, as tests ask for it. */
export interface WalkedRoute {
  /** `GET /api/v2/me`. */
  readonly name: string
  readonly route: Route
  readonly base: string
  /** Whether it names nobody's thing: it answers everybody with what is theirs. */
  readonly open: boolean
}

/** Every operation of every API, under every base. For tests only. */
export function walkRoutes(ports: WebPorts, publicUrl: string): readonly WalkedRoute[] {
  const options = { publicUrl, onError: () => {} }
  return apis({ ...ports, access: createAccess(ports) }, options).flatMap(({ bases, routes }) =>
    bases.flatMap((base) =>
      routes.map((route) => ({
        name: `${route.method} ${base}${route.path}`,
        route,
        base,
        open: route.subject === anybody || route.subject === oneself,
      })),
    ),
  )
}

/** Values for the parameters of paths, and for queries that an operation needs, by their names. */
export interface WalkValues {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

/** Where to ask for a route, with these values in it. Throws when one is missing: a new route must not go untested. */
export function addressOf({ base, route, name }: WalkedRoute, values: WalkValues): string {
  const path = route.path.replace(/\{([^}]+)\}/g, (_whole, parameter: string) => {
    const value = values.params[parameter]
    if (value === undefined) throw new Error(`no value for {${parameter}} of ${name}`)
    return value
  })
  const asked = Object.entries(values.query).filter(([parameter]) => route.query?.properties[parameter] !== undefined)
  return `${base}${path}${asked.length === 0 ? '' : `?${new URLSearchParams(asked)}`}`
}

/** A body that fits the schema, so that only rights can refuse it. */
export function bodyOf(schema: unknown, known: Readonly<Record<string, unknown>>): unknown {
  const { type, properties = {}, required = [], anyOf, enum: words, items, minLength, minItems } = schema as SchemaParts
  if (anyOf?.[0] !== undefined) return bodyOf(anyOf[0], known)
  if (words !== undefined) return words[0]
  if (type === 'object')
    return Object.fromEntries(required.map((name) => [name, known[name] ?? bodyOf(properties[name], known)]))
  if (type === 'array') return minItems ? [bodyOf(items, known)] : []
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return true
  return 'x'.repeat(minLength ?? 1)
}

interface SchemaParts {
  readonly type?: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly items?: unknown
  readonly minLength?: number
  readonly minItems?: number
}
