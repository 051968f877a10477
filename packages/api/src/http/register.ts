import { AppError, type Principal } from '@rondo/model'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import { hangUpOf } from './hang-up.ts'
import { requestKeyOf } from './request-key.ts'
import type { Call, Params, Query, Route } from './route.ts'
import { anybody } from './subjects.ts'

export interface Api {
  /** Where the routes are answered; each of them under every base. */
  readonly bases: readonly string[]
  /** Whether a slug may also come as one segment with its slashes escaped. */
  readonly escapedSlugs: boolean
  readonly routes: readonly Route[]
  /** Whether tokens of projects count, not only personal ones. */
  readonly projectTokens: boolean
  /** Headers of every answer, by who asks. */
  readonly headers?: (asker: Principal | undefined) => Readonly<Record<string, string>>
}

/** `asker` is undefined where anybody may ask and nobody said who they are. */
type Entry = { readonly asker: Principal | undefined; readonly params: Params }

/**
 * The order of refusals: who cannot say who they are (401) or asks too much (429) is refused before a body is read; then what
 * cannot be understood (413, 400); then what is not there or not theirs (404, 403). So nobody learns what a request should
 * look like without a credential, and whether a thing exists is never told by a request that makes no sense.
 */
export function registerApi(server: FastifyInstance, auth: Authenticator, access: Access, api: Api): void {
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
            const answer = await route.handle(await callOf(route, request, reply, entry))
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
    if (route.subject !== anybody)
      return { asker: await (api.projectTokens ? auth.anyone(request) : auth.person(request)), params }
    auth.nobody(request)
    return { asker: undefined, params }
  }

  async function callOf(
    route: Route,
    request: FastifyRequest,
    reply: FastifyReply,
    { asker, params }: Entry,
  ): Promise<never> {
    const place = { params, query: request.query as Query }
    const subject = asker && (await route.subject.find(access, asker, place, route.right))
    const call: Call<unknown, unknown, unknown> = {
      asker: asker as Principal,
      actorId: asker?.kind === 'user' ? asker.user.id : null,
      get user() {
        if (asker?.kind === 'user') return asker.user
        throw new AppError('forbidden', 'User authentication required.')
      },
      once: requestKeyOf(request, asker),
      subject,
      params,
      query: request.query,
      body: request.body ?? {},
      get signal() {
        return hangUpOf(reply)
      },
    }
    // Which types these are, the route's schemas have just made sure of.
    return call as never
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
