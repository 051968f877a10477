import { Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { checkoutKeyRoutes, DigestQuery } from '../checkout-key-routes.ts'
import { CheckoutKeyShape, presentCheckoutKey } from '../presenters/checkout-key.ts'
import { createProjectKeys } from '../project-keys.ts'
import { type Route, route } from '../route.ts'
import { PageOf, Words, wholeList } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'

/** SSH keys of a project. */
export function checkoutKeyRoutesV2(ports: Pick<WebPorts, 'checkoutKeys' | 'sealer'>): readonly Route[] {
  const keys = createProjectKeys(ports)
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/checkout-key',
      summary: 'Checkout keys of a project, newest first.',
      subject: projectInPath,
      right: 'view',
      query: DigestQuery,
      answer: PageOf(CheckoutKeyShape),
      handle: async ({ subject, query: { digest = 'md5' } }) =>
        wholeList((await keys.list(subject)).map((listed) => presentCheckoutKey(listed, digest))),
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/checkout-key',
      summary: 'Makes a pair of checkout keys.',
      subject: projectInPath,
      right: 'configure',
      body: Type.Object({ type: Words(['user-key', 'deploy-key']) }),
      status: 201,
      answer: CheckoutKeyShape,
      handle: async ({ subject, actorId, body: { type } }) =>
        presentCheckoutKey(await keys.add(subject, type === 'user-key' ? 'github-user-key' : type, actorId), 'md5'),
    }),
    ...checkoutKeyRoutes(keys, {
      shape: CheckoutKeyShape,
      present: presentCheckoutKey,
      deleted: 'Checkout key deleted.',
    }),
  ]
}
