import { createPublicKey, verify } from 'node:crypto'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine

const config = (context = '') => `
version: 2.1
jobs: { it: { docker: [{ image: i }], steps: [run: 'true'] } }
workflows: { main: { jobs: [it: { context: [${context}], filters: { tags: { only: /.*/ } } }] } }
`

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

/** What a token claims, after its signature was checked as a cloud provider does. */
async function claimsOf(token: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  const [head = '', body = '', signature = ''] = (token ?? '').split('.')
  const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString())
  const jwk = (await engine.signer.publicKeys()).find((key) => key.kid === kid)
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  expect(verify('RSA-SHA256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
  return JSON.parse(Buffer.from(body, 'base64url').toString())
}

test('a job gets two tokens that say who it is, masked, for an hour, and the same ones after a restart of its agent', async () => {
  const home = await engine.home()
  const { id: contextId } = await engine.database.store.secrets.createContext(home.organization.id, 'cloud')
  const pipeline = await engine.push(home.project, config('cloud'), { actorId: home.user.id })
  const task = await engine.take(pipeline, 'it')

  const spec = await engine.plane.resume(task)
  const variable = (name: string) => spec.environment.find((entry) => entry.name === name)?.value
  const first = await claimsOf(variable('CIRCLE_OIDC_TOKEN'))
  const second = await claimsOf(variable('CIRCLE_OIDC_TOKEN_V2'))

  const org = home.organization.id
  const subject = `org/${org}/project/${home.project.id}/user/${home.user.id}`
  const place = `ci.example.com/${home.organization.name}/${home.project.name}`
  const job = await engine.job(pipeline, 'it')
  expect(first).toEqual({
    iss: `http://ci.example.com/org/${org}`,
    sub: subject,
    aud: org,
    iat: expect.any(Number),
    exp: (first.iat as number) + 3_600,
    'oidc.circleci.com/org-id': org,
    'oidc.circleci.com/project-id': home.project.id,
    'oidc.circleci.com/pipeline-id': pipeline.id,
    'oidc.circleci.com/workflow-id': job.workflowId,
    'oidc.circleci.com/job-id': job.id,
    'oidc.circleci.com/context-ids': [contextId],
    'oidc.circleci.com/vcs-origin': place,
    'oidc.circleci.com/vcs-ref': 'refs/heads/main',
    'oidc.circleci.com/ssh-rerun': false,
  })
  expect(second).toEqual({ ...first, sub: `${subject}/vcs-origin/${place}/vcs-ref/refs/heads/main` })
  expect(spec.secrets).toContain(variable('CIRCLE_OIDC_TOKEN'))
  expect(spec.secrets).toContain(variable('CIRCLE_OIDC_TOKEN_V2'))
  const again = await engine.restart().resume(task)
  expect(again.environment).toEqual(spec.environment)
  await engine.end(task)
})

test('of a tag the reference is the tag’s; of nobody in particular the user is nobody', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config(), { ref: { tag: 'v1' } })
  const task = await engine.take(pipeline, 'it')

  const { environment } = await engine.plane.resume(task)

  const claims = await claimsOf(environment.find((entry) => entry.name === 'CIRCLE_OIDC_TOKEN_V2')?.value)
  expect(claims.sub).toMatch(/\/user\/00000000-0000-0000-0000-000000000000\/.*\/vcs-ref\/refs\/tags\/v1$/)
  await engine.end(task)
})

test('no name of a branch or tag makes a subject that a policy for another ref takes, and ordinary names stand as they are [S-43]', async () => {
  const home = await engine.home()
  const place = `ci.example.com/${home.organization.name}/${home.project.name}`
  const end = `vcs-origin/${place}/vcs-ref/refs/heads/main`
  const policies = ['user/*', '*/user/*', '*'].flatMap((start) => [
    wildcard(`org/${home.organization.id}/project/${home.project.id}/${start}/${end}`),
    wildcard(`*/vcs-ref/refs/heads/main`),
    wildcard(`*refs/heads/main`),
  ])
  const subjectOf = async (ref: { readonly branch: string } | { readonly tag: string }) => {
    const task = await engine.take(await engine.push(home.project, config(), { ref }), 'it')
    const { token } = await engine.plane.mintToken(task, { rootIssuer: false })
    await engine.end(task)
    return String((await claimsOf(token)).sub)
  }
  const spoofs = [
    end,
    `x/${end}`,
    'x/vcs-ref/refs/heads/main',
    'x/refs/heads/main',
    'refs/heads/main',
    `X/VCS-REF/refs/heads/main`,
  ]

  for (const name of spoofs)
    for (const ref of [{ branch: name }, { tag: name }]) {
      const subject = await subjectOf(ref)
      expect([ref, policies.filter((policy) => policy.test(subject))]).toEqual([ref, []])
    }
  for (const name of ['main', 'feature/x', 'a/b/c', 'user/jo/fix', '50%'])
    expect(await subjectOf({ branch: name })).toMatch(new RegExp(`/vcs-ref/refs/heads/${name}$`))
  expect(policies.every((policy) => !policy.test('x'))).toBe(true)
  expect(policies[0]!.test(await subjectOf({ branch: 'main' }))).toBe(true)
})

/** As cloud providers match subjects: `*` takes anything, slashes too. */
function wildcard(policy: string): RegExp {
  return new RegExp(`^${policy.split('*').map(RegExp.escape).join('.*')}$`, 's')
}

test('a job that runs gets tokens for other audiences, from either issuer, and none once it has ended [S-43]', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config())
  const task = await engine.take(pipeline, 'it')
  const mint = async (wanted: Parameters<typeof engine.plane.mintToken>[1]) =>
    claimsOf((await engine.plane.mintToken(task, wanted)).token)

  expect(await mint({ rootIssuer: false })).toMatchObject({ aud: home.organization.id })
  expect(await mint({ rootIssuer: false, audience: 'sts.example.com' })).toMatchObject({ aud: 'sts.example.com' })
  expect(await mint({ rootIssuer: true, audience: ['a', 'b'] })).toMatchObject({
    aud: ['a', 'b'],
    iss: 'http://ci.example.com',
  })
  await engine.end(task)
  await expect(engine.plane.mintToken(task, { rootIssuer: false })).rejects.toMatchObject({ code: 'gone' })
})
