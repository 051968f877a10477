import { AppError, type Principal } from '@rondo/model'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access } from '../access.ts'
import { authenticate } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'
import type { Call, Params, Query, Route } from './route.ts'
import { anybody } from './subjects.ts'

export interface Api {
  /** Where the routes are answered; each of them under every base. */
  readonly bases: readonly string[]
  /** Whether a slug may also come as one segment with its slashes escaped. */
  readonly escapedSlugs: boolean
  readonly routes: readonly Route[]
  /** Headers of every answer, by who asks. */
  readonly headers?: (asker: Principal | undefined) => Readonly<Record<string, string>>
}

/** `asker` is undefined where anybody may ask and nobody said who they are. */
type Entry = { readonly asker: Principal | undefined; readonly subject: unknown; readonly params: Params }

/** Who asks and what for is settled before a body is read: 401, 403 and 404 come before 400 and 413. */
export function registerApi(
  server: FastifyInstance,
  ports: Pick<WebPorts, 'accounts'>,
  access: Access,
  api: Api,
): void {
  const entries = new WeakMap<FastifyRequest, Entry>()
  for (const route of api.routes) {
    for (const base of api.bases) {
      for (const path of routerPaths(route.path, api.escapedSlugs)) {
        server.route({
          method: route.method,
          url: `${base}${path}`,
          schema: {
            ...(route.query === undefined ? {} : { querystring: route.query }),
            ...(route.body === undefined ? {} : { body: route.body }),
          },
          onRequest: async (request) => {
            entries.set(request, await enter(route, request))
          },
          handler: async (request, reply) => {
            const entry = entries.get(request)!
            const answer = await route.handle(callOf(request, entry) as never)
            return reply
              .code(route.status)
              .headers(api.headers?.(entry.asker) ?? {})
              .send(answer)
          },
        })
      }
    }
  }

  async function enter(route: Route, request: FastifyRequest): Promise<Entry> {
    const params = paramsOf(route.path, request.params as Params)
    if (route.subject === anybody) return { asker: undefined, subject: undefined, params }
    const asker = await authenticate(ports, request)
    const place = { params, query: request.query as Query }
    return { asker, subject: await route.subject.find(access, asker, place, route.right), params }
  }
}

function callOf(request: FastifyRequest, { asker, subject, params }: Entry): Call<unknown, unknown, unknown> {
  return {
    asker: asker as Principal,
    get user() {
      if (asker?.kind === 'user') return asker.user
      throw new AppError('forbidden', 'User authentication required.')
    },
    subject,
    params,
    query: request.query,
    body: request.body ?? {},
  }
}

/** A first segment that is a provider begins a slug of several segments; anything else is a whole slug or an id. */
const oneSegment = '(^(?!(?:gh|github|bb|bitbucket|circleci)$).*)'
const split: Readonly<Record<string, readonly [whole: string, parts: string]>> = {
  '{project-slug}': [`:project_slug${oneSegment}`, ':slug_vcs/:slug_org/:slug_repo'],
  '{org-slug-or-id}': [`:org_slug_or_id${oneSegment}`, ':slug_vcs/:slug_org'],
}

/** The router's patterns for a path of ours. */
function routerPaths(path: string, escapedSlugs: boolean): readonly string[] {
  const slug = Object.keys(split).find((name) => path.includes(name))
  const [whole, parts] = slug === undefined ? [] : split[slug]!
  const forms = slug === undefined ? [path] : [path.replace(slug, parts!)]
  if (slug !== undefined && escapedSlugs) forms.push(path.replace(slug, whole!))
  return forms.map((form) => form.replace(/\{([^}]+)\}/g, (_all, name: string) => `:${routerName(name)}`))
}

/** By the names of the route's own path. */
function paramsOf(path: string, raw: Params): Params {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name)
  return Object.fromEntries(names.map((name) => [name, slugOf(name, raw) ?? raw[routerName(name)] ?? '']))
}

function slugOf(name: string, raw: Params): string | undefined {
  const parts = [raw.slug_vcs, raw.slug_org, raw.slug_repo].filter((part) => part !== undefined)
  return split[`{${name}}`] !== undefined && parts.length > 0 ? parts.join('/') : undefined
}

/** The router's names hold no `-`. */
function routerName(name: string): string {
  return name.replaceAll('-', '_')
}
