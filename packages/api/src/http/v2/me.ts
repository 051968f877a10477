import { AppError } from '@rondo/model'
import { Type } from 'typebox'
import { isId } from '../../access.ts'
import type { WebPorts } from '../../ports.ts'
import { systemActor } from '../presenters/system-actor.ts'
import { type Route, route } from '../route.ts'
import { Id, Nullable } from '../shapes.ts'
import { oneself } from '../subjects.ts'

const UserShape = Type.Object({ id: Id, login: Type.String(), name: Type.String() })

export function meRoutes({ accounts }: Pick<WebPorts, 'accounts'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/me',
      summary: 'Who the token belongs to.',
      subject: oneself,
      right: 'view',
      answer: Type.Object({ ...UserShape.properties, avatar_url: Nullable(Type.String()) }),
      handle: async ({ user }) => ({ id: user.id, login: user.login, name: user.name, avatar_url: null }),
    }),
    route({
      method: 'GET',
      path: '/me/collaborations',
      summary: 'Organizations the user belongs to.',
      subject: oneself,
      right: 'view',
      answer: Type.Array(
        Type.Object({
          id: Id,
          vcs_type: Type.String(),
          'vcs-type': Type.String(),
          name: Type.String(),
          avatar_url: Type.String(),
          slug: Type.String(),
        }),
      ),
      handle: async ({ user }) =>
        (await accounts.organizationsOf(user.id)).map((organization) => ({
          id: organization.id,
          vcs_type: organization.vcsType,
          'vcs-type': organization.vcsType,
          name: organization.name,
          avatar_url: '',
          slug: `gh/${organization.name}`,
        })),
    }),
    route({
      method: 'GET',
      path: '/user/{id}',
      summary: 'A user by id.',
      subject: oneself,
      right: 'view',
      answer: UserShape,
      handle: async ({ params }) => {
        if (params.id === systemActor.id) return systemActor
        const found = isId(params.id!) ? await accounts.user(params.id!) : undefined
        if (found === undefined) throw new AppError('not-found', 'User not found')
        return { id: found.id, login: found.login, name: found.name }
      },
    }),
  ]
}
