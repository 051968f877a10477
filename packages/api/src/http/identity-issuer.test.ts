import { type ApiWorld, startApiWorld } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: ApiWorld

beforeAll(async () => {
  world = await startApiWorld()
})

afterAll(() => world.stop())

const get = (url: string) => world.server.inject({ method: 'GET', url })

test('an organisation’s issuer, and the installation’s, say without a login where their keys are, and the keys', async () => {
  for (const path of ['', `/org/${world.owner.organization.id}`]) {
    const found = await get(`${path}/.well-known/openid-configuration`)
    const { issuer, jwks_uri: uri, id_token_signing_alg_values_supported: algorithms } = found.json()
    expect([issuer, algorithms]).toEqual([`${world.publicUrl}${path}`, ['RS256']])
    const keys = await get(uri.slice(world.publicUrl.length))
    expect(keys.headers['cache-control']).toContain('max-age=3600')
    expect(keys.json().keys).toEqual([expect.objectContaining({ kty: 'RSA', alg: 'RS256', use: 'sig' })])
    expect(keys.body).not.toMatch(/"[dpq]"/)
  }
})

test.each(['00000000-0000-4000-8000-000000000000', 'x', '..%2f..'])('%s is no issuer', async (id) => {
  expect((await get(`/org/${id}/.well-known/openid-configuration`)).statusCode).toBe(404)
  expect((await get(`/org/${id}/.well-known/jwks-pub.json`)).statusCode).toBe(404)
})
