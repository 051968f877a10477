import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { taskSpec } from '../../testing/task-spec.ts'
import { loginFor } from './credentials.ts'
import { ecrRegistry } from './ecr.ts'
import { parseImageName } from './image-name.ts'

const secrets = new Map([
  ['AKIDLONG', 'long/lived+secret'],
  ['ASIATEMP', 'temporary'],
])
const temporaryToken = 'session-token=='
let aws: Server
let url: string

/** Checks a request as the IAM user guide says AWS does: from what arrived, not from what was meant. */
function signatureHolds(method: string, path: string, headers: IncomingHttpHeaders, body: string): boolean {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=(\w{64})$/.exec(
      headers.authorization ?? '',
    )
  if (found === null) return false
  const [, key = '', day = '', region = '', service = '', signed = '', signature] = found
  const date = String(headers['x-amz-date'])
  const signsAll = ['host', 'x-amz-date', 'x-amz-target', 'content-type'].every((name) =>
    signed.split(';').includes(name),
  )
  const inTime =
    Math.abs(Date.parse(date.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z')) - Date.now()) <
    300_000
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const mac = (secret: string | Buffer, text: string) => createHmac('sha256', secret).update(text).digest()
  const lines = signed.split(';').map((name) => `${name}:${headers[name]}\n`)
  const canonical = `${method}\n${path}\n\n${lines.join('')}\n${signed}\n${hash(body)}`
  const secret = mac(mac(mac(mac(`AWS4${secrets.get(key)}`, day), region), service), 'aws4_request')
  const expected = mac(
    secret,
    `AWS4-HMAC-SHA256\n${date}\n${day}/${region}/${service}/aws4_request\n${hash(canonical)}`,
  )
  return signsAll && inTime && region === 'eu-west-1' && service === 'ecr' && expected.toString('hex') === signature
}

beforeAll(async () => {
  aws = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.url === '/sts') {
      const form = new URLSearchParams(body)
      const fits =
        form.get('Action') === 'AssumeRoleWithWebIdentity' &&
        form.get('Version') === '2011-06-15' &&
        /^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? '')
      const trusted = form.get('WebIdentityToken') === 'a.b.c' && form.get('RoleArn') === 'arn:aws:iam::1:role/pull'
      response.writeHead(fits && trusted ? 200 : 403, { 'content-type': 'text/xml' })
      response.end(
        fits && trusted
          ? `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIATEMP</AccessKeyId><SecretAccessKey>temporary</SecretAccessKey><SessionToken>${temporaryToken}</SessionToken></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
          : '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>',
      )
      return
    }
    const temporary = request.headers.authorization?.includes('ASIATEMP')
    const holds =
      signatureHolds(request.method ?? '', request.url ?? '', request.headers, body) &&
      request.headers['x-amz-target'] === 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken' &&
      request.headers['content-type'] === 'application/x-amz-json-1.1' &&
      (!temporary || request.headers['x-amz-security-token'] === temporaryToken)
    response.writeHead(holds ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(
      holds
        ? JSON.stringify({
            authorizationData: [
              {
                authorizationToken: Buffer.from('AWS:pass:word').toString('base64'),
                expiresAt: 1,
                proxyEndpoint: 'https://x',
              },
            ],
          })
        : '{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}',
    )
  })
  await new Promise<void>((listening) => aws.listen(0, '127.0.0.1', listening))
  url = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`
})

afterAll(() => void aws.close())

const image = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1'

function login(awsAuth: Record<string, string> | undefined, variables: Record<string, string>) {
  const environment = Object.entries(variables).map(([name, value]) => ({ name, value }))
  return loginFor(
    { image, environment: [], ...(awsAuth === undefined ? {} : { awsAuth }) },
    parseImageName(image)!,
    taskSpec([], { environment }),
    { aws: { ecr: `${url}/`, sts: `${url}/sts` }, say: () => {}, signal: new AbortController().signal },
  )
}

const expected = {
  username: 'AWS',
  password: 'pass:word',
  serveraddress: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
}

test('keys of `aws_auth` become a login of the registry, by a request that AWS would take', async () => {
  const found = await login(
    { aws_access_key_id: 'AKIDLONG', aws_secret_access_key: '$ECR_SECRET' },
    { ECR_SECRET: 'long/lived+secret', AWS_SESSION_TOKEN: 'of another key' },
  )

  expect(found.login).toMatchObject(expected)
})

test('without `aws_auth` the usual variables of the job are used', async () => {
  const found = await login(undefined, { AWS_ACCESS_KEY_ID: 'AKIDLONG', AWS_SECRET_ACCESS_KEY: 'long/lived+secret' })

  expect(found.login).toMatchObject(expected)
})

test('a role is taken with the job’s OIDC token', async () => {
  const found = await login({ oidc_role_arn: 'arn:aws:iam::1:role/pull' }, { CIRCLE_OIDC_TOKEN_V2: 'a.b.c' })

  expect(found.login).toMatchObject(expected)
})

test('variables that nobody set are named', async () => {
  expect(await login(undefined, { AWS_ACCESS_KEY_ID: 'AKIDLONG' })).toEqual({ missing: ['AWS_SECRET_ACCESS_KEY'] })
})

test('what AWS refuses is said with its reason and the cure', async () => {
  await expect(login({ aws_access_key_id: 'AKIDLONG', aws_secret_access_key: 'wrong' }, {})).rejects.toThrow(
    /eu-west-1 \(UnrecognizedClientException\)\. Check the access key/,
  )
  await expect(login({ oidc_role_arn: 'arn:aws:iam::1:role/other' }, { CIRCLE_OIDC_TOKEN: 'a.b.c' })).rejects.toThrow(
    /role arn:aws:iam::1:role\/other \(AccessDenied\)\. Check `oidc_role_arn`/,
  )
  await expect(login({ oidc_role_arn: 'arn:aws:iam::1:role/pull' }, {})).rejects.toThrow(/has no OIDC token/)
})

test('hosts of the registry are told from others', () => {
  expect(ecrRegistry('123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com')).toEqual({
    region: 'us-gov-west-1',
    domain: 'amazonaws.com',
    fips: true,
  })
  expect(ecrRegistry('123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn')?.domain).toBe('amazonaws.com.cn')
  expect(ecrRegistry('123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.com')).toBe(undefined)
  expect(ecrRegistry('public.ecr.aws')).toBe(undefined)
})
