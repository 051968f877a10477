import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Static, TObject } from 'typebox'
import type { Authenticator, Person } from '../authenticate.ts'

type Query = Readonly<Record<string, string | undefined>>

/** Registers what administrators ask and do, under `/api/private/admin`. Each handler decides first who may. */
export interface AdminServer {
  get(path: string, answer: (asker: Person, query: Query) => Promise<unknown>): void
  send<Body extends TObject>(
    method: 'POST' | 'PUT',
    path: string,
    body: Body,
    act: (asker: Person, body: Static<Body>) => Promise<unknown>,
  ): void
}

export function createAdminServer(server: FastifyInstance, auth: Authenticator): AdminServer {
  const base = '/api/private/admin'
  return {
    get(path, answer) {
      server.get(`${base}${path}`, async (request, reply) =>
        reply
          .header('cache-control', 'no-store')
          .send(await answer(await auth.person(request), request.query as Query)),
      )
    },
    send(method, path, body, act) {
      const askers = new WeakMap<FastifyRequest, Person>()
      server.route({
        method,
        url: `${base}${path}`,
        schema: { body: { ...body, additionalProperties: false } },
        // Who cannot say who they are learns nothing of what a request should look like.
        onRequest: async (request) => void askers.set(request, await auth.person(request)),
        handler: async (request, reply) =>
          reply.send(await act(askers.get(request)!, request.body as Static<typeof body>)),
      })
    },
  }
}
