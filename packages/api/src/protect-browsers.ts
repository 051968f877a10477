import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebOptions } from './ports.ts'

/** For the pages of the web app. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
/** Whatever is no page of ours runs nothing and is shown in no frame. */
const documentPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** What browsers are told with every answer, so that nothing of ours can be framed, sniffed, leaked or run as a page. */
export function protectBrowsers(server: FastifyInstance, { publicUrl }: Pick<WebOptions, 'publicUrl'>): void {
  const secure = publicUrl.startsWith('https:')
  server.addHook('onSend', async (request, reply, payload) => {
    const page = String(reply.getHeader('content-type')).startsWith('text/html')
    reply
      .header('x-content-type-options', 'nosniff')
      .header('x-frame-options', 'DENY')
      .header('referrer-policy', 'same-origin')
      .header('cross-origin-opener-policy', 'same-origin')
    if (!reply.hasHeader('content-security-policy'))
      reply.header('content-security-policy', page ? pagePolicy : documentPolicy)
    // What an API answers is one person's; no cache may keep it for another.
    if (/^\/(api|graphql-unstable|output)\b/.test(request.url) && !reply.hasHeader('cache-control'))
      reply.header('cache-control', 'no-store')
    if (secure) reply.header('strict-transport-security', 'max-age=31536000')
    return payload
  })
}

/** Whether a page of another origin asks. Programs, which send no origin, are nobody's page. */
export function isForeignOrigin(request: FastifyRequest, publicUrl: string): boolean {
  const { origin, host } = request.headers
  if (origin === undefined || origin === publicUrl) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}
