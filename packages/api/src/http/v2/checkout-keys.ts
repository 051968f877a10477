import { Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { CheckoutKeyShape, digests, presentCheckoutKey } from '../presenters/checkout-key.ts'
import { createProjectKeys } from '../project-keys.ts'
import { type Route, route } from '../route.ts'
import { Message, PageOf, Words, wholeList } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'

const DigestQuery = Type.Object({ digest: Type.Optional(Words(digests)) })

/** SSH keys of a project. The private half never leaves. */
export function checkoutKeyRoutes(ports: Pick<WebPorts, 'checkoutKeys' | 'keyRing'>): readonly Route[] {
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
        wholeList((await keys.list(subject)).map(({ key, preferred }) => presentCheckoutKey(key, preferred, digest))),
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
      handle: async ({ subject, actorId, body: { type } }) => {
        const { key } = await keys.add(subject, type === 'user-key' ? 'github-user-key' : type, actorId)
        return presentCheckoutKey(key, true, 'md5')
      },
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/checkout-key/{fingerprint}',
      summary: 'A checkout key by its fingerprint, in either digest.',
      subject: projectInPath,
      right: 'view',
      answer: CheckoutKeyShape,
      handle: async ({ subject, params }) => {
        const fingerprint = params.fingerprint!
        const { key, preferred } = await keys.find(subject, fingerprint)
        return presentCheckoutKey(key, preferred, fingerprint === key.sha256 ? 'sha256' : 'md5')
      },
    }),
    route({
      method: 'DELETE',
      path: '/project/{project-slug}/checkout-key/{fingerprint}',
      summary: 'Deletes a checkout key.',
      subject: projectInPath,
      right: 'configure',
      answer: Message,
      handle: async ({ subject, params }) => {
        await keys.remove(subject, params.fingerprint!)
        return { message: 'Checkout key deleted.' }
      },
    }),
  ]
}
