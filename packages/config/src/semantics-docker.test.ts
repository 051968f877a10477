import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { compileText, errorsOf, jobOf } from './testing/compile-text.ts'

/** The images of a job, rule by rule (semantics 13.1). */

const docker = (images: string) => `version: 2.1\njobs: {build: {docker: ${images}, steps: [checkout]}}`
const imagesOf = (images: string) => {
  const { executor } = jobOf(docker(images))
  return executor?.type === 'docker' ? executor.images : []
}

describe('docker', () => {
  it('is a list whose first image is the primary one; the order stays', () => {
    expect(imagesOf('[{image: one}, {image: two, name: db}]')).toMatchObject([
      { image: 'one' },
      { image: 'two', name: 'db' },
    ])
  })

  it.each([
    'alpine',
    'cimg/base:2025.05',
    'registry.example.com:5000/a/b/c:1',
    'a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    '$AWS_ACCOUNT.dkr.ecr.us-east-1.amazonaws.com/x:$CIRCLE_SHA1',
    '$IMAGE:latest',
  ])('takes %s as an image as it is written: variables are for the run', (image) => {
    const written = image.replaceAll("'", '')

    expect(imagesOf(`[{image: "${written}"}]`)[0]?.image).toBe(written)
    expect(parse(compileText(docker(`[{image: "${written}"}]`)).output!).jobs.build.docker).toEqual([
      { image: written },
    ])
  })

  it.each<readonly [what: string, key: string, expected: object]>([
    ['a name', 'name: db', { name: 'db' }],
    ['an entry point as a text', 'entrypoint: /run me', { entrypoint: ['/run', 'me'] }],
    ['an entry point as a list', 'entrypoint: [/run, "a b"]', { entrypoint: ['/run', 'a b'] }],
    ['a command as a text', 'command: mysqld --x', { command: ['mysqld', '--x'] }],
    ['a command as a list', 'command: [mysqld, --x]', { command: ['mysqld', '--x'] }],
    ['a user', 'user: root', { user: 'root' }],
    ['a user by number', 'user: "1000"', { user: '1000' }],
    ['an environment as a map', 'environment: {A: b}', { environment: [{ name: 'A', value: 'b' }] }],
    [
      'an environment as a list',
      'environment: [A=b, {C: 1}]',
      {
        environment: [
          { name: 'A', value: 'b' },
          { name: 'C', value: '1' },
        ],
      },
    ],
    ['an environment as a text', 'environment: A=b=c', { environment: [{ name: 'A', value: 'b=c' }] }],
    ['a login', 'auth: {username: u, password: $P}', { auth: { username: 'u', password: '$P' } }],
    [
      'an access key',
      'aws_auth: {aws_access_key_id: k, aws_secret_access_key: $S}',
      { awsAuth: { aws_access_key_id: 'k', aws_secret_access_key: '$S' } },
    ],
    ['a role', 'aws_auth: {oidc_role_arn: r}', { awsAuth: { oidc_role_arn: 'r' } }],
    [
      'an identity at Google',
      'gcp_auth: {oidc_service_account: a, workload_identity_pool: b, workload_identity_provider: c}',
      { gcpAuth: { oidc_service_account: 'a', workload_identity_pool: 'b', workload_identity_provider: 'c' } },
    ],
  ])('takes %s', (_what, key, expected) => {
    expect(imagesOf(`[{image: a, ${key}}]`)).toMatchObject([expected])
    expect(compileText(docker(`[{image: a, ${key}}]`)).diagnostics).toEqual([])
  })

  it.each<readonly [what: string, images: string, refusal: RegExp]>([
    ['no image at all', '[]', /must be a list of at least one image, found an empty list/],
    ['a map', '{image: a}', /must be a list of at least one image, found Mapping/],
    ['a text', 'alpine', /must be a list of at least one image, found String/],
    ['an item that is a text', '[alpine]', /must be a map with 'image', found String/],
    ['an item without an image', '[{name: a}]', /required key \[image\] not found/],
    ['an image that is a list', '[{image: [a]}]', /'image' of .* expected type: String/],
    ['a login without a name', '[{image: a, auth: {password: p}}]', /required key \[username\] not found/],
    ['a login without a password', '[{image: a, auth: {username: u}}]', /required key \[password\] not found/],
    ['a login that is a text', '[{image: a, auth: u}]', /'auth' must be a map/],
    ['half an access key', '[{image: a, aws_auth: {aws_access_key_id: k}}]', /\[aws_secret_access_key\] not found/],
    [
      'a role beside an access key',
      '[{image: a, aws_auth: {oidc_role_arn: r, aws_access_key_id: k}}]',
      /takes oidc_role_arn or an access key, not both/,
    ],
    [
      'an identity without its provider',
      '[{image: a, gcp_auth: {oidc_service_account: a, workload_identity_pool: b}}]',
      /\[workload_identity_provider\] not found/,
    ],
    ['a variable that is a list', '[{image: a, environment: {A: [b]}}]', /must be text, a number or a boolean/],
  ])('refuses %s, in one sentence', (_what, images, refusal) => {
    expect(errorsOf(docker(images))).toEqual([expect.stringMatching(refusal)])
  })

  it('warns of keys that mean nothing there, and goes on', () => {
    const { plan, diagnostics } = compileText(docker('[{image: a, ports: ["1:1"], exclusive: true}]'))

    expect(plan).toBeDefined()
    expect(diagnostics).toMatchObject([{ code: 'ignored-key' }, { code: 'ignored-key' }])
  })
})
