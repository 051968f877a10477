import { createHmac, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { Result } from '@rondo/model'
import { type Household, startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

type Claims = Readonly<Record<string, unknown>>

const config = `
version: 2.1
jobs: { it: { docker: [{ image: i }], steps: [run: 'true'] } }
workflows: { main: { jobs: [it: { filters: { tags: { only: /.*/ } } }] } }
`
const audience = 'sts.example.com'
const publicUrl = 'http://ci.example.com'

let engine: TestEngine
let home: Household
/** The token of a job of main that may deploy, and what a provider was told to expect of it. */
let token: string
let policy: Policy

beforeAll(async () => {
  engine = await startTestEngine()
  home = await engine.home()
  const task = await begun()
  token = await minted(task)
  await engine.end(task)
  const { organization, project, user } = home
  const place = `ci.example.com/${organization.name}/${project.name}`
  policy = {
    iss: `${publicUrl}/org/${organization.id}`,
    aud: audience,
    sub: `org/${organization.id}/project/${project.id}/user/${user.id}/vcs-origin/${place}/vcs-ref/refs/heads/main`,
    claims: { 'oidc.circleci.com/vcs-ref': 'refs/heads/main', 'oidc.circleci.com/ssh-rerun': false },
  }
})

afterAll(() => engine.stop())

async function begun(of: Household = home, parts: Parameters<TestEngine['push']>[2] = {}) {
  const pipeline = await engine.push(of.project, config, { actorId: of.user.id, ...parts })
  return engine.take(pipeline, 'it')
}

const minted = async (
  task: Awaited<ReturnType<typeof begun>>,
  wanted: Partial<Parameters<typeof engine.plane.mintToken>[1]> = {},
) => (await engine.plane.mintToken(task, { rootIssuer: false, audience, ...wanted })).token

interface Policy {
  readonly iss: string
  readonly aud: string
  readonly sub: string
  readonly claims: Claims
}

/** A cloud provider: keys as published, RS256 and nothing else, issuer, audience and subject to the letter, and in time. */
async function accepts(given: string, { iss, aud, sub, claims }: Policy, now = Date.now()): Promise<boolean> {
  const parts = given.split('.')
  if (parts.length !== 3 || !parts.every((part) => /^[\w-]+$/.test(part))) return false
  const [head, body] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  const jwk = (await engine.signer.publicKeys()).find((key) => key.kid === head.kid)
  if (head.alg !== 'RS256' || jwk === undefined) return false
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  if (!verify('RSA-SHA256', Buffer.from(`${parts[0]}.${parts[1]}`), key, Buffer.from(parts[2]!, 'base64url')))
    return false
  const inTime = body.iat * 1_000 <= now + 60_000 && now < body.exp * 1_000 && body.exp - body.iat <= 3_600
  const named = body.iss === iss && body.aud === aud && body.sub === sub
  return inTime && named && Object.entries(claims).every(([name, value]) => body[name] === value)
}

/** The token with other claims, under the signature that it has. */
function changed(more: Claims, head: Claims = {}): string {
  const [first = '', second = '', signature = ''] = token.split('.')
  const part = (text: string, over: Claims) =>
    Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(text, 'base64url').toString()), ...over })).toString(
      'base64url',
    )
  return `${part(first, head)}.${part(second, more)}.${signature}`
}

function signedBy(algorithm: string, signer: (input: string) => Buffer, head: Claims = {}): string {
  const [first, second] = changed({}, { alg: algorithm, ...head }).split('.')
  return `${first}.${second}.${signer(`${first}.${second}`).toString('base64url')}`
}

test('a provider takes the token of the job that it was told of', async () => {
  expect(await accepts(token, policy)).toBe(true)
})

test('no claim can be changed, and no other key or way of signing counts [S-43]', async () => {
  const [head = '', body = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims
  const rogue = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const [published] = await engine.signer.publicKeys()
  const publicKey = createPublicKey({ key: { ...published! }, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  const forged = [
    ...Object.entries(claims).map(([name, value]) =>
      changed({ [name]: typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${value}x` }),
    ),
    changed({ nbf: 0 }),
    changed({ exp: 9_999_999_999 }),
    changed({}, { kid: 'another' }),
    changed({}, { alg: 'none' }),
    `${changed({}, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
    `${head}.${body}.`,
    `${head}.${body}`,
    `${head}.${body}.${signature.slice(0, -8)}`,
    `${head}.${body}.${signature}.${signature}`,
    signedBy('RS256', (input) => sign('RSA-SHA256', Buffer.from(input), rogue)),
    signedBy('RS256', (input) => sign('RSA-SHA256', Buffer.from(input), rogue), { kid: 'another' }),
    signedBy('RS512', (input) => sign('RSA-SHA512', Buffer.from(input), rogue)),
    signedBy('HS256', (input) => createHmac('sha256', publicKey).update(input).digest()),
  ]

  expect(forged.length).toBeGreaterThan(25)
  for (const one of forged) expect(await accepts(one, policy)).toBe(false)
})

test('a genuine token of anything else than that job does not count for it [S-43]', async () => {
  const stranger = await engine.home()
  const sibling = {
    ...home,
    project: await engine.database.store.accounts.createProject({
      organizationId: home.organization.id,
      name: 'sibling',
      defaultBranch: 'main',
    }),
  }
  const others: Readonly<Record<string, () => Promise<string>>> = {
    'another organization': async () => once(stranger),
    'another project': async () => once(sibling),
    'somebody else’s pipeline': async () => once(home, { actorId: stranger.user.id }),
    'nobody’s pipeline': async () => once(home, { actorId: null }),
    'another branch': async () => once(home, { ref: { branch: 'main2' } }),
    'a branch whose name ends as the other does': async () => once(home, { ref: { branch: 'x/refs/heads/main' } }),
    'a tag of that name': async () => once(home, { ref: { tag: 'main' } }),
    'another audience': async () => once(home, {}, { audience: `${audience}.evil` }),
    'two audiences': async () => once(home, {}, { audience: [audience, 'evil'] }),
    'the issuer of the installation': async () => once(home, {}, { rootIssuer: true }),
    'no audience asked for': async () => {
      const task = await begun()
      const answer = await engine.plane.mintToken(task, { rootIssuer: false })
      await engine.end(task)
      return answer.token
    },
    'claims asked for beside': async () =>
      once(stranger, {}, {
        sub: policy.sub,
        iss: policy.iss,
        'oidc.circleci.com/org-id': home.organization.id,
      } as never),
  }
  for (const [what, make] of Object.entries(others))
    expect([what, await accepts(await make(), policy)]).toEqual([what, false])

  async function once(
    of: Household,
    parts: Parameters<TestEngine['push']>[2] = {},
    wanted: Parameters<typeof minted>[1] = {},
  ): Promise<string> {
    const task = await begun(of, parts)
    const made = await minted(task, wanted)
    await engine.end(task)
    return made
  }
})

test('it counts for an hour and no longer, nor before it was made [S-43]', async () => {
  const { iat } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
  expect(await accepts(token, policy, (iat + 3_599) * 1_000)).toBe(true)
  expect(await accepts(token, policy, (iat + 3_600) * 1_000)).toBe(false)
  expect(await accepts(token, policy, (iat - 120) * 1_000)).toBe(false)
})

test('a job that was entered over SSH says so in its tokens [S-43]', async () => {
  const pipeline = await engine.push(home.project, config, { actorId: home.user.id })
  await engine.run(pipeline, 'it')
  const [workflow] = await engine.database.store.queries.workflowsOf([pipeline.id])
  const { userKeys } = engine.database.store
  await userKeys.add({
    userId: home.user.id,
    name: '',
    publicKey: 'ssh-ed25519 A',
    sha256: `SHA256:${home.user.login}`,
  })
  const { id: jobId } = await engine.job(pipeline, 'it')
  await engine.actions.rerun({
    workflowId: workflow!.id,
    actorId: home.user.id,
    fromFailed: false,
    jobIds: [jobId],
    enableSsh: true,
  })
  const task = await engine.take(pipeline, 'it')

  const made = await minted(task)

  expect(await accepts(made, policy)).toBe(false)
  expect(await accepts(made, { ...policy, claims: { 'oidc.circleci.com/ssh-rerun': true } })).toBe(true)
  await engine.end(task)
})

test.each(['passed', 'failed', 'canceled', 'timed-out', 'lost'] as const)(
  'none is made once a job has ended, %s [S-43]',
  async (result: Result) => {
    const task = await begun()
    await minted(task)
    await engine.end(task, result)
    await expect(minted(task)).rejects.toMatchObject({ code: 'gone' })
  },
)

test('none is made for a job that was canceled, while its agent still stops it; nor before it started [S-43]', async () => {
  const pipeline = await engine.push(home.project, config)
  const [claimed] = await engine.claim(1)
  await expect(minted(claimed!)).rejects.toMatchObject({ code: expect.stringMatching(/^(conflict|gone)$/) })
  await engine.plane.grant(claimed!)
  await minted(claimed!)

  const [workflow] = await engine.database.store.queries.workflowsOf([pipeline.id])
  await engine.actions.cancelWorkflow(workflow!.id, home.user.id)

  await expect(minted(claimed!)).rejects.toMatchObject({ code: 'gone' })
  await engine.end(claimed!, 'canceled')
})
