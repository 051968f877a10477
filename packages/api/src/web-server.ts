import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import cookie from '@fastify/cookie'
import fastifyStatic from '@fastify/static'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import { createAccess } from './access.ts'
import { registerAdmin } from './admin/register.ts'
import { createAuthenticator } from './authenticate.ts'
import { registerGit } from './git/routes.ts'
import { registerGraphql } from './graphql/endpoint.ts'
import { apis } from './http/apis.ts'
import { handleErrors } from './http/errors.ts'
import { registerIdentityIssuer } from './http/identity-issuer.ts'
import { registerApi } from './http/register.ts'
import { limitRequests } from './limits/request-limits.ts'
import { registerLive } from './live/channel.ts'
import { registerAgentTokens } from './pages/agent-tokens.ts'
import { registerAgents } from './pages/agents.ts'
import { registerAttempts } from './pages/attempts.ts'
import { registerHistory } from './pages/history.ts'
import { registerHolds } from './pages/holds.ts'
import { registerPages } from './pages/routes.ts'
import { registerRuns } from './pages/runs.ts'
import { registerUsage } from './pages/usage.ts'
import { registerUserKeys } from './pages/user-keys.ts'
import { registerWait } from './pages/wait.ts'
import type { WebOptions, WebPorts } from './ports.ts'
import { pagePolicy, protectBrowsers } from './protect-browsers.ts'

/** Web app, APIs, Git over HTTP and the live channel on one port. */
export async function createWebServer(ports: WebPorts, options: WebOptions): Promise<FastifyInstance> {
  const server = Fastify({
    bodyLimit: 8 * 1024 * 1024,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 1_000, querystringParser: parseQuery },
    forceCloseConnections: true,
    // What is sent is checked as it is: a number is no text, and what is not known is not quietly dropped.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  })
  handleErrors(server, options)
  server.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id))
  protectBrowsers(server, options)
  parseBodies(server)
  await server.register(cookie)
  await server.register(websocket, { options: { maxPayload: 64 * 1024 } })
  const access = createAccess(ports)
  const limits = limitRequests(server, options.requestRate)
  const auth = createAuthenticator(ports, limits)
  for (const api of apis({ ...ports, access }, options)) registerApi(server, auth, access, api)
  registerGraphql(server, { ...ports, access }, auth, options)
  registerAgents(server, ports, auth)
  registerAgentTokens(server, ports, auth)
  registerHolds(server, ports, auth, access)
  registerUsage(server, ports, auth, access)
  registerUserKeys(server, ports, auth)
  registerPages(server, ports, auth, access, options)
  registerRuns(server, ports, auth, access)
  registerHistory(server, ports, auth, access)
  registerWait(server, ports, auth, access)
  registerAttempts(server, ports, auth, access)
  registerAdmin(server, ports, auth, access)
  registerIdentityIssuer(server, ports, options)
  registerGit(server, ports, auth, access, options)
  await server.register(async (scope) => registerLive(scope, ports, auth, access, options))
  server.get('/health', async () => ({ status: 'up' }))
  if (options.webFolder !== undefined && existsSync(options.webFolder)) await serveWebApp(server, options.webFolder)
  else server.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'Not found' }))
  return server
}

/** Clients post without a body, or with a form's type and none; only JSON means anything here. */
function parseBodies(server: FastifyInstance): void {
  const parseJson = server.getDefaultJsonParser('error', 'error')
  server.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) =>
    /^\s*(null\s*)?$/.test(body) ? done(null, {}) : parseJson(request, body, done),
  )
  server.addContentTypeParser(
    ['application/x-www-form-urlencoded', 'text/plain'],
    { parseAs: 'string' },
    (_request, _body, done) => done(null, {}),
  )
  // Nor does everybody give a type to nothing. What an operation cannot do without, its schema then misses by name.
  server.addHook('preValidation', async (request) => {
    if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {}
  })
}

function parseQuery(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text))
}

/** Files of the built app; every other address a person may type is a page of it. */
async function serveWebApp(server: FastifyInstance, folder: string): Promise<void> {
  await server.register(fastifyStatic, {
    root: folder,
    wildcard: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
      // Said here, not by content type: "not modified" has none, and browsers take its headers for those of the page they kept.
      if (path.endsWith('.html')) reply.header('content-security-policy', pagePolicy)
    },
  })
  server.setNotFoundHandler((request, reply) => {
    const page =
      request.method === 'GET' &&
      !/^\/(api|git|live|output|assets|graphql-unstable)(\/|$)/.test(request.url) &&
      (request.headers.accept ?? '').includes('text/html')
    return page ? reply.sendFile('index.html') : reply.code(404).send({ message: 'Not found' })
  })
}
