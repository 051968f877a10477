import { AppError } from '@rondo/model'
import { type Static, Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { checkoutKeyRoutes, DigestQuery } from '../checkout-key-routes.ts'
import { CheckoutKeyShape, type Digest, presentCheckoutKey } from '../presenters/checkout-key.ts'
import { createProjectKeys, type ListedKey } from '../project-keys.ts'
import { type Route, route } from '../route.ts'
import { Time, Words } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'

const { public_key, type, fingerprint, preferred } = CheckoutKeyShape.properties
const KeyShape = Type.Object({ public_key, type, fingerprint, preferred, time: Time })

function presentKey(listed: ListedKey, digest: Digest): Static<typeof KeyShape> {
  const shown = presentCheckoutKey(listed, digest)
  return {
    public_key: shown.public_key,
    type: shown.type,
    fingerprint: shown.fingerprint,
    preferred: shown.preferred,
    time: shown.created_at,
  }
}

export function checkoutKeyRoutesV1(ports: Pick<WebPorts, 'checkoutKeys' | 'sealer'>): readonly Route[] {
  const keys = createProjectKeys(ports)
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/checkout-key',
      summary: 'Checkout keys of a project, newest first.',
      subject: projectInPath,
      right: 'view',
      query: DigestQuery,
      answer: Type.Array(KeyShape),
      handle: async ({ subject, query: { digest = 'md5' } }) =>
        (await keys.list(subject)).map((listed) => presentKey(listed, digest)),
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/checkout-key',
      summary: 'Makes a pair of checkout keys. One of a user takes that person.',
      subject: projectInPath,
      right: 'configure',
      body: Type.Object({ type: Words(['deploy-key', 'github-user-key']) }),
      status: 201,
      answer: KeyShape,
      handle: async ({ subject, asker, actorId, body }) => {
        if (body.type === 'github-user-key' && asker.kind !== 'user')
          throw new AppError('forbidden', 'User authentication required.')
        return presentKey(await keys.add(subject, body.type, actorId), 'md5')
      },
    }),
    ...checkoutKeyRoutes(keys, { shape: KeyShape, present: presentKey, deleted: 'ok' }),
  ]
}
