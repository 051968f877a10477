import { Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { type Route, route } from '../route.ts'
import { projectInPath } from '../subjects.ts'

/** What clients post with it, such as a branch, means nothing here: hosted repositories need no hook. */
export function followRoutes({ follows }: Pick<WebPorts, 'follows'>): readonly Route[] {
  const answer = Type.Object({ followed: Type.Boolean() })
  return [
    route({
      method: 'POST',
      path: '/project/{project-slug}/follow',
      summary: 'Marks a project as followed by the user.',
      subject: projectInPath,
      right: 'view',
      answer,
      handle: async ({ subject, user }) => {
        await follows.follow(user.id, subject.id)
        return { followed: true }
      },
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/unfollow',
      summary: 'Takes that back.',
      subject: projectInPath,
      right: 'view',
      answer,
      handle: async ({ subject, user }) => {
        await follows.unfollow(user.id, subject.id)
        return { followed: false }
      },
    }),
  ]
}
