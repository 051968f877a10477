import { ExecutorRefusal } from '../executor.ts'
import { type AwsKeys, signedHeaders } from './aws-signature.ts'

/** Addresses to use instead of AWS's own, as its tools read them from `AWS_ENDPOINT_URL_ECR` and `AWS_ENDPOINT_URL_STS`. */
export interface AwsEndpoints {
  readonly ecr?: string | undefined
  readonly sts?: string | undefined
}

export interface EcrRegistry {
  readonly region: string
  /** Domain of the partition: `amazonaws.com`, or China's. */
  readonly domain: string
  readonly fips: boolean
}

const waitMs = 20_000

/** Where a registry's host says that Elastic Container Registry serves it; undefined for all others. */
export function ecrRegistry(host: string): EcrRegistry | undefined {
  const found = /^\d{12}\.dkr\.ecr(-fips)?\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)$/.exec(host)
  if (found === null) return undefined
  const [, fips, region = '', domain = ''] = found
  return { region, domain, fips: fips !== undefined }
}

/** User name and password for the registry, valid for twelve hours: `GetAuthorizationToken` of the ECR API reference. */
export async function ecrLogin(
  registry: EcrRegistry,
  keys: AwsKeys,
  endpoints: AwsEndpoints,
  signal: AbortSignal,
): Promise<{ readonly username: string; readonly password: string }> {
  const { region, domain, fips } = registry
  const url = new URL(endpoints.ecr ?? `https://${fips ? 'ecr-fips' : 'api.ecr'}.${region}.${domain}/`)
  const request = {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
    },
    body: '{}',
  }
  const answer = await ask(url, {
    method: 'POST',
    headers: signedHeaders(request, keys, { region, service: 'ecr', now: new Date() }),
    body: request.body,
    signal,
  })
  if (answer.status !== 200) {
    const type = /"__type"\s*:\s*"(?:[^"#]*#)?(\w+)"/.exec(answer.text)?.[1] ?? `HTTP ${answer.status}`
    throw new ExecutorRefusal(
      `AWS gave no login for its registry in ${region} (${type}). Check the access key in \`aws_auth\`, or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that it may call ecr:GetAuthorizationToken.`,
    )
  }
  const token = /"authorizationToken"\s*:\s*"([A-Za-z0-9+/=]+)"/.exec(answer.text)?.[1] ?? ''
  const [username = '', ...password] = Buffer.from(token, 'base64').toString().split(':')
  if (username === '' || password.length === 0)
    throw new ExecutorRefusal(
      `AWS answered ${url.host} without a login for its registry. Check that this is AWS's address.`,
    )
  return { username, password: password.join(':') }
}

/** Temporary keys for a role that trusts this installation: `AssumeRoleWithWebIdentity` of the STS API reference. */
export async function assumeRole(
  registry: EcrRegistry,
  role: { readonly arn: string; readonly token: string; readonly session: string },
  endpoints: AwsEndpoints,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const url = new URL(endpoints.sts ?? `https://sts.${registry.region}.${registry.domain}/`)
  const answer = await ask(url, {
    method: 'POST',
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role.arn,
      RoleSessionName: role.session,
      WebIdentityToken: role.token,
    }),
    signal,
  })
  const value = (name: string) => new RegExp(`<${name}>\\s*([^<\\s]+)\\s*</${name}>`).exec(answer.text)?.[1]
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(value)
  if (answer.status === 200 && accessKeyId && secretAccessKey && sessionToken)
    return { accessKeyId, secretAccessKey, sessionToken }
  throw new ExecutorRefusal(
    `AWS lets this job not take the role ${role.arn} (${value('Code') ?? `HTTP ${answer.status}`}). Check \`oidc_role_arn\`, and that the role trusts this installation's OIDC tokens.`,
  )
}

async function ask(
  url: URL,
  init: Omit<RequestInit, 'signal' | 'headers'> & { signal: AbortSignal; headers?: Readonly<Record<string, string>> },
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const { host: _host, ...headers } = init.headers ?? {}
    const response = await fetch(url, {
      ...init,
      headers,
      redirect: 'error',
      signal: AbortSignal.any([init.signal, AbortSignal.timeout(waitMs)]),
    })
    return { status: response.status, text: (await response.text()).slice(0, 64 * 1024) }
  } catch (error) {
    init.signal.throwIfAborted()
    const reason =
      error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error)
    throw new ExecutorRefusal(`AWS could not be asked at ${url.host} (${reason}). Check that this machine reaches it.`)
  }
}
