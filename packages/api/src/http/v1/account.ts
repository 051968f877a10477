import { Type } from 'typebox'
import type { WebOptions, WebPorts } from '../../ports.ts'
import { repositoryUrl } from '../presenters/project.ts'
import { type Route, route } from '../route.ts'
import { Nullable } from '../shapes.ts'
import { oneself } from '../subjects.ts'

export function accountRoutes(
  { accounts, follows }: Pick<WebPorts, 'accounts' | 'follows'>,
  { publicUrl }: Pick<WebOptions, 'publicUrl'>,
): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/me',
      summary: 'Who the token belongs to.',
      subject: oneself,
      right: 'view',
      answer: Type.Object({
        login: Type.String(),
        name: Type.String(),
        admin: Type.Boolean(),
        basic_email_prefs: Type.String(),
        avatar_url: Nullable(Type.String()),
      }),
      handle: async ({ user: { login, name, admin } }) => ({
        login,
        name,
        admin,
        basic_email_prefs: 'none',
        avatar_url: null,
      }),
    }),
    route({
      method: 'GET',
      path: '/projects',
      summary: 'Projects of the user.',
      subject: oneself,
      right: 'view',
      answer: Type.Array(
        Type.Object({
          vcs_url: Type.String(),
          vcs_type: Type.String(),
          username: Type.String(),
          reponame: Type.String(),
          followed: Type.Boolean(),
          default_branch: Type.String(),
          branches: Type.Object({}),
        }),
      ),
      handle: async ({ user }) => {
        const followed = new Set((await follows.followedBy(user.id)).map((project) => project.id))
        return (await accounts.projectsVisibleTo(user)).map((project) => ({
          vcs_url: repositoryUrl(project, publicUrl),
          vcs_type: project.vcsType,
          username: project.organizationName,
          reponame: project.name,
          followed: followed.has(project.id),
          default_branch: project.defaultBranch,
          branches: {},
        }))
      },
    }),
  ]
}
