import { AppError } from '@rondo/model'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { WebOptions, WebPorts } from '../ports.ts'

/**
 * What whoever is shown a job's token asks for: where the keys are, and the keys. One issuer an organisation, so that a
 * trust policy for one never takes a token of another, and one for the installation, which tokens name only on request.
 */
export function registerIdentityIssuer(
  server: FastifyInstance,
  { accounts, signer }: Pick<WebPorts, 'accounts' | 'signer'>,
  { publicUrl }: Pick<WebOptions, 'publicUrl'>,
): void {
  async function issuerOf(id: string | undefined): Promise<string> {
    if (id === undefined) return publicUrl
    const known = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) && (await accounts.organization(id))
    if (!known) throw new AppError('not-found', 'There is no such issuer.')
    return `${publicUrl}/org/${id}`
  }

  // Shorter than the time for which a key is published before it signs.
  const cached = (reply: FastifyReply) =>
    reply.header('cache-control', 'public, max-age=3600').header('access-control-allow-origin', '*')

  for (const base of ['', '/org/:id']) {
    server.get(`${base}/.well-known/openid-configuration`, async (request, reply) => {
      const issuer = await issuerOf((request.params as { id?: string }).id)
      return cached(reply).send({
        issuer,
        jwks_uri: `${issuer}/.well-known/jwks-pub.json`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public', 'pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
        scopes_supported: ['openid'],
        claims_supported: ['aud', 'sub', 'iss', 'iat', 'exp'],
      })
    })
    server.get(`${base}/.well-known/jwks-pub.json`, async (request, reply) => {
      await issuerOf((request.params as { id?: string }).id)
      return cached(reply).send({ keys: await signer.publicKeys() })
    })
  }
}
