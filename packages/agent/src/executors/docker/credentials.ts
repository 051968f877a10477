import type { ImagePlan } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import { ExecutorRefusal } from '../executor.ts'
import type { AwsKeys } from './aws-signature.ts'
import { type AwsEndpoints, assumeRole, type EcrRegistry, ecrLogin, ecrRegistry } from './ecr.ts'
import { dockerHub, type ImageName } from './image-name.ts'

/** A login for one registry, and where it came from in the user's words. */
export interface RegistryLogin {
  readonly username: string
  readonly password: string
  readonly serveraddress: string
  readonly source: string
}

export interface ImageLogin {
  readonly login?: RegistryLogin
  /** Names of variables that the login asks for and nobody set. */
  readonly missing: readonly string[]
}

/** Lines for the user come to `say`. */
export interface LoginPorts {
  readonly aws: AwsEndpoints
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** What the config, or for ECR the job's variables, give to log in with; resolved when the job runs (semantics 13.1). */
export async function loginFor(
  image: ImagePlan,
  name: ImageName,
  spec: TaskSpec,
  ports: LoginPorts,
): Promise<ImageLogin> {
  const { auth, awsAuth, gcpAuth } = image
  if (auth !== undefined) {
    const missing = [auth.username, auth.password].flatMap((text) => missingVariable(text, spec) ?? [])
    if (missing.length > 0) return { missing }
    const login = { username: expand(auth.username, spec), password: expand(auth.password, spec) }
    const source = [auth.username, auth.password].every((text) => text.includes('$'))
      ? `\`auth\` (${auth.username} and ${auth.password})`
      : '`auth`'
    return { missing: [], login: { ...login, serveraddress: serverAddress(name), source } }
  }
  const ecr = ecrRegistry(name.registry)
  if (ecr !== undefined) return ecrLoginFor(awsAuth, name, ecr, spec, ports)
  if (awsAuth !== undefined)
    ports.say(
      `NOTICE: \`aws_auth\` is for images of Elastic Container Registry; ${name.registry} is none of its hosts.`,
    )
  if (gcpAuth !== undefined)
    ports.say('NOTICE: `gcp_auth` is not supported; the image is pulled without it. `auth` with _json_key works.')
  return { missing: [] }
}

async function ecrLoginFor(
  awsAuth: ImagePlan['awsAuth'],
  name: ImageName,
  ecr: EcrRegistry,
  spec: TaskSpec,
  ports: LoginPorts,
): Promise<ImageLogin> {
  const given = {
    aws_access_key_id: '$AWS_ACCESS_KEY_ID',
    aws_secret_access_key: '$AWS_SECRET_ACCESS_KEY',
    ...awsAuth,
  }
  const role = awsAuth?.oidc_role_arn
  const asked = role === undefined ? [given.aws_access_key_id, given.aws_secret_access_key] : [role]
  const missing = asked.flatMap((text) => missingVariable(text, spec) ?? [])
  if (missing.length > 0) return { missing }
  const keys: AwsKeys =
    role === undefined
      ? {
          accessKeyId: expand(given.aws_access_key_id, spec),
          secretAccessKey: expand(given.aws_secret_access_key, spec),
          // Keys of a context may be temporary ones; keys written in `aws_auth` have no token beside them.
          sessionToken: awsAuth === undefined ? valueOfVariable('AWS_SESSION_TOKEN', spec) : undefined,
        }
      : await assumeRole(
          ecr,
          { arn: expand(role, spec), token: identityToken(spec), session: `rondo-${spec.attemptId}` },
          ports.aws,
          ports.signal,
        )
  const login = await ecrLogin(ecr, keys, ports.aws, ports.signal)
  const source = role === undefined ? 'the AWS access key' : `the AWS role ${role}`
  return { missing: [], login: { ...login, serveraddress: serverAddress(name), source } }
}

function identityToken(spec: TaskSpec): string {
  const token = valueOfVariable('CIRCLE_OIDC_TOKEN_V2', spec) ?? valueOfVariable('CIRCLE_OIDC_TOKEN', spec)
  if (token !== undefined) return token
  throw new ExecutorRefusal(
    'The job has no OIDC token, which `oidc_role_arn` needs. Use `aws_access_key_id` and `aws_secret_access_key`.',
  )
}

function serverAddress({ registry }: ImageName): string {
  return registry === dockerHub ? 'https://index.docker.io/v1/' : registry
}

/** `$VAR` and `${VAR}` in image names and credentials; what nobody set stays as written (semantics 13.1). */
export function expand(text: string, spec: TaskSpec): string {
  return text.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (whole, braced, plain) => valueOfVariable(braced ?? plain, spec) ?? whole,
  )
}

/** A password may hold a dollar: only a text that is nothing but a variable is missing one. */
function missingVariable(text: string, spec: TaskSpec): string | undefined {
  const [, braced, plain] = /^\$(?:\{(\w+)\}|(\w+))$/.exec(text) ?? []
  const name = braced ?? plain
  return name === undefined || valueOfVariable(name, spec) ? undefined : name
}

function valueOfVariable(name: string, spec: TaskSpec): string | undefined {
  return [...spec.environment, ...spec.job.environment].findLast((entry) => entry.name === name)?.value
}
