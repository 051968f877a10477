import { AppError, type UrlOrbPrefix } from '@rondo/model'
import { Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { type Route, route } from '../route.ts'
import { Id, Text } from '../shapes.ts'
import { organizationInPath } from '../subjects.ts'

const Done = Type.Object({ id: Id, message: Type.String() })
const path = '/organization/{org-slug-or-id}/url-orb-allow-list'

/** Where the configs of an organisation may take orbs from that stand at an address. */
export function urlOrbRoutes({ urlOrbs }: Pick<WebPorts, 'urlOrbs'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path,
      summary: 'Beginnings of addresses that orbs may be read from.',
      subject: organizationInPath,
      right: 'view',
      answer: Type.Object({
        items: Type.Array(Type.Object({ id: Id, name: Type.String(), prefix: Type.String(), auth: Type.String() })),
      }),
      handle: async ({ subject }) => ({ items: (await urlOrbs.prefixes(subject.id)).map(present) }),
    }),
    route({
      method: 'POST',
      path,
      summary: 'Allows orbs from addresses that begin so.',
      subject: organizationInPath,
      right: 'configure',
      body: Type.Object({ name: Text(100), prefix: Text(1_000), auth: Type.String() }),
      status: 201,
      answer: Done,
      handle: async ({ subject, body: { name, prefix, auth } }) => {
        if (auth !== 'none')
          throw new AppError(
            'bad-request',
            `The authentication "${auth.slice(0, 50)}" is not available here. Use "none", and addresses that are readable without it.`,
          )
        const { id } = await urlOrbs.addPrefix(subject.id, { name, prefix: readPrefix(prefix) })
        return { id, message: 'Created.' }
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/{allow-list-entry-id}`,
      summary: 'Allows them no longer.',
      subject: organizationInPath,
      right: 'configure',
      answer: Done,
      handle: async ({ subject, params }) => {
        const id = params['allow-list-entry-id'] ?? ''
        if (!(await urlOrbs.removePrefix(subject.id, id)))
          throw new AppError('not-found', `The organization has no allow-list entry ${id}.`)
        return { id, message: 'Deleted.' }
      },
    }),
  ]
}

function present({ id, name, prefix }: UrlOrbPrefix) {
  return { id, name, prefix, auth: 'none' }
}

/** In the form in which addresses are compared; the slash at the end keeps `/orbs` from meaning `/orbs-of-others`. */
function readPrefix(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && url.search === '' && url.hash === '' && url.href.endsWith('/')) return url.href
  throw new AppError('bad-request', `The prefix "${text.slice(0, 100)}" must be an https address that ends with "/".`)
}
