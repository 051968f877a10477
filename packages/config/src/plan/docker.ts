import type { DockerExecutorPlan, ImagePlan } from '@rondo/model'
import type { MapNode, Node } from '../tree/node.ts'
import { child, isFailed, stringOf, typeName } from '../tree/node.ts'
import { argumentVector } from './argv.ts'
import type { Fields } from './fields.ts'
import { readFields } from './fields.ts'
import type { Place } from './place.ts'
import { optional } from './steps/step-reader.ts'

const imageKeys = ['image', 'name', 'entrypoint', 'command', 'user', 'environment', 'auth', 'aws_auth', 'gcp_auth']
const awsKeyParts = ['aws_access_key_id', 'aws_secret_access_key']
const awsRole = 'oidc_role_arn'
const gcpKeys = ['oidc_service_account', 'workload_identity_pool', 'workload_identity_provider']

/** `docker`: the first image is the primary container (semantics 13.1). */
export function readDocker(place: Place, node: Node): DockerExecutorPlan | undefined {
  if (node.kind !== 'list' || node.items.length === 0) {
    const found = node.kind === 'list' ? 'an empty list' : typeName(node)
    place.report.error(
      'expected-type',
      node.span,
      `'docker' of ${place.what} must be a list of at least one image, found ${found}`,
      { chain: place.chain, hint: `Write each image with a dash: '- image: ${stringOf(node)?.slice(0, 100) ?? '…'}'` },
    )
    return undefined
  }
  const images = node.items.flatMap((item) => readImage(place, item) ?? [])
  return images.length === node.items.length ? { type: 'docker', images } : undefined
}

function readImage(place: Place, node: Node): ImagePlan | undefined {
  if (isFailed(node)) return undefined
  if (node.kind !== 'map') {
    // `image:x` without a blank behind the colon is one text.
    const name = stringOf(node)?.replace(/^image:/, '')
    const hint = name === undefined ? undefined : `Write '- image: ${name}'`
    place.report.error(
      'expected-type',
      node.span,
      `An item of 'docker' must be a map with 'image', found ${typeName(node)}`,
      { chain: place.chain, hint },
    )
    return undefined
  }
  const fields = readFields({ ...place, what: `an image of ${place.what}` }, node)
  fields.only(imageKeys, 'warn')
  const image = fields.text('image', 'required')
  // A pipeline value that is empty here may name an image elsewhere, so only the job itself can fail for it.
  if (image === '')
    place.report.warn('invalid-value', fields.span, `An image of ${place.what} has no name`, { chain: place.chain })
  const parts = {
    ...optional('name', fields.text('name')),
    ...optional('entrypoint', argumentVector(fields, 'entrypoint')),
    ...optional('command', argumentVector(fields, 'command')),
    ...optional('user', fields.text('user')),
    environment: fields.environment('environment'),
    ...optional('auth', readAuth(place, fields)),
    ...optional('awsAuth', readAwsAuth(place, fields)),
    ...optional('gcpAuth', readTexts(place, fields, 'gcp_auth', gcpKeys, gcpKeys)),
  }
  return image === undefined ? undefined : { image, ...parts }
}

function readAuth(place: Place, fields: Fields): ImagePlan['auth'] {
  const node = fields.node('auth')
  if (node === undefined) return undefined
  if (node.kind !== 'map')
    return fields.fail(
      'expected-type',
      node.span,
      `'auth' must be a map with username and password, found ${typeName(node)}`,
    )
  const auth = readFields({ ...place, what: "'auth'" }, node)
  auth.only(['username', 'password'], 'error')
  const username = auth.text('username', 'required')
  const password = auth.text('password', 'required')
  return username === undefined || password === undefined ? undefined : { username, password }
}

/** Either both parts of a key, or a role; half a key could only fail when the image is pulled. */
function readAwsAuth(place: Place, fields: Fields): ImagePlan['awsAuth'] {
  const node = fields.node('aws_auth')
  if (node === undefined) return undefined
  if (node?.kind === 'map' && ![...awsKeyParts, awsRole].some((key) => node.entries.has(key)))
    return reportNoAws(place, node)
  const keys = awsKeyParts.filter((key) => child(node, key) !== undefined)
  const hasRole = child(node, awsRole) !== undefined
  if (hasRole && keys.length > 0) {
    const message = `'aws_auth' takes ${awsRole} or an access key, not both; found ${[awsRole, ...keys].join(', ')}`
    return fields.fail('invalid-value', node!.span, message, 'Keep one of them')
  }
  return readTexts(place, fields, 'aws_auth', [...awsKeyParts, awsRole], hasRole ? [awsRole] : awsKeyParts)
}

/** Nothing of it is there: one thing to tell, whatever stands there instead. */
function reportNoAws(place: Place, node: MapNode): undefined {
  const inner = readFields({ ...place, what: "'aws_auth'" }, node)
  const keys = [...node.entries.keys()]
  if (keys.length > 0) inner.only([...awsKeyParts, awsRole], 'error')
  else inner.fail('missing-key', node.span, `'aws_auth' needs ${awsKeyParts.join(' and ')}, or ${awsRole}`)
  return undefined
}

function readTexts(
  place: Place,
  fields: Fields,
  key: string,
  known: readonly string[],
  required: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const node = fields.node(key)
  if (node === undefined) return undefined
  if (node.kind !== 'map')
    return fields.fail('expected-type', node.span, `'${key}' must be a map, found ${typeName(node)}`)
  const inner = readFields({ ...place, what: `'${key}'` }, node)
  inner.only(known, 'error')
  return Object.fromEntries(required.map((name) => [name, inner.text(name, 'required') ?? '']))
}
