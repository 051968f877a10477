import { type Static, type TSchema, Type } from 'typebox'
import { type Digest, digests } from './presenters/checkout-key.ts'
import type { createProjectKeys, ListedKey } from './project-keys.ts'
import { type Route, route } from './route.ts'
import { Message, Words } from './shapes.ts'
import { projectInPath } from './subjects.ts'

/** What the list of a project's keys may be asked for. */
export const DigestQuery = Type.Object({ digest: Type.Optional(Words(digests)) })

/** How one REST API shows a key. */
export interface KeyDialect<Shape extends TSchema> {
  readonly shape: Shape
  present(listed: ListedKey, digest: Digest): Static<Shape>
  readonly deleted: string
}

/** Operations on one checkout key, which both REST APIs have. The private half never leaves. */
export function checkoutKeyRoutes<Shape extends TSchema>(
  keys: ReturnType<typeof createProjectKeys>,
  { shape, present, deleted }: KeyDialect<Shape>,
): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/checkout-key/{fingerprint}',
      summary: 'A checkout key by its fingerprint, in either digest.',
      subject: projectInPath,
      right: 'view',
      answer: shape,
      handle: async ({ subject, params }) => {
        const listed = await keys.find(subject, params.fingerprint!)
        return present(listed, params.fingerprint === listed.key.sha256 ? 'sha256' : 'md5')
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
        return { message: deleted }
      },
    }),
  ]
}
