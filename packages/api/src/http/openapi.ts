import { Type } from 'typebox'
import type { WebOptions } from '../ports.ts'
import { type Route, route } from './route.ts'
import { Message } from './shapes.ts'
import { anybody } from './subjects.ts'

/** The API's own description, derived from its routes. Clients look there for what this server can do. */
export function openApiRoute(routes: readonly Route[], { publicUrl }: Pick<WebOptions, 'publicUrl'>): Route {
  return route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description.',
    subject: anybody,
    right: 'view',
    answer: Type.Record(Type.String(), Type.Unknown()),
    handle: async () => describeApi(routes, publicUrl),
  })
}

export function describeApi(routes: readonly Route[], publicUrl: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const described of routes) {
    const operations = paths[described.path] ?? {}
    paths[described.path] = { ...operations, [described.method.toLowerCase()]: describeRoute(described) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Rondo API', version: 'v2' },
    servers: [{ url: `${publicUrl}/api/v2` }],
    security: [{ api_key_header: [] }, { basic_auth: [] }, { api_key_query: [] }],
    components: {
      securitySchemes: {
        api_key_header: { type: 'apiKey', in: 'header', name: 'Circle-Token' },
        basic_auth: { type: 'http', scheme: 'basic' },
        api_key_query: { type: 'apiKey', in: 'query', name: 'circle-token' },
      },
    },
    paths,
  }
}

function describeRoute(described: Route): object {
  return {
    summary: described.summary,
    parameters: [...pathParameters(described.path), ...queryParameters(described)],
    ...(described.body === undefined ? {} : { requestBody: { content: json(described.body) } }),
    responses: {
      [described.status]: { description: described.summary, content: json(described.answer) },
      default: { description: 'The request was refused, or failed.', content: json(Message) },
    },
    ...(described.subject === anybody ? { security: [] } : {}),
  }
}

function pathParameters(path: string): readonly object[] {
  return [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters({ query }: Route): readonly object[] {
  const required: readonly string[] = query?.required ?? []
  return Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

function json(schema: object): object {
  return { 'application/json': { schema } }
}
