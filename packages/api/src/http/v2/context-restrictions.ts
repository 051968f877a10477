import { AppError, type ContextRestriction } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { isId } from '../../access.ts'
import { type Route, type RoutePorts, route } from '../route.ts'
import { Id, Message, PageOf, Text, Words, wholeList } from '../shapes.ts'
import { contextInPath } from '../subjects.ts'

const RestrictionShape = Type.Object({
  id: Id,
  context_id: Id,
  project_id: Id,
  name: Type.String(),
  restriction_type: Words(['project']),
  restriction_value: Type.String(),
})

function presentRestriction(restriction: ContextRestriction): Static<typeof RestrictionShape> {
  return {
    id: restriction.id,
    context_id: restriction.contextId,
    project_id: restriction.projectId,
    name: restriction.projectName,
    restriction_type: 'project',
    restriction_value: restriction.projectId,
  }
}

/** Which projects may use a context; without a restriction, all of the organization. */
export function contextRestrictionRoutes({
  secrets,
  access,
}: Pick<RoutePorts, 'secrets' | 'access'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/context/{context-id}/restrictions',
      summary: 'The projects that alone may use a context.',
      subject: contextInPath,
      right: 'view',
      answer: PageOf(RestrictionShape),
      handle: async ({ subject }) => wholeList((await secrets.restrictionsOf(subject.id)).map(presentRestriction)),
    }),
    route({
      method: 'POST',
      path: '/context/{context-id}/restrictions',
      summary: 'Lets a project use a context, and with it only projects that were let in so.',
      subject: contextInPath,
      right: 'administer',
      body: Type.Object({
        restriction_type: Type.Optional(Text(40)),
        restriction_value: Type.Optional(Text(1_000)),
        project_id: Type.Optional(Text(40)),
      }),
      status: 201,
      answer: RestrictionShape,
      handle: async ({ asker, subject, body }) => {
        const { restriction_type: type = 'project', restriction_value: value, project_id: given } = body
        if (type !== 'project')
          throw new AppError(
            'bad-request',
            `Contexts are restricted to projects here, not by "${type}". Use the type project, with the id of a project.`,
          )
        const id = value ?? given ?? ''
        if (!isId(id))
          throw new AppError('bad-request', `"${id.slice(0, 100)}" is no project id. Give the project's UUID.`)
        const project = await access.projectById(asker, id, 'view')
        if (project.organizationId !== subject.organizationId) throw new AppError('not-found', 'Project not found')
        return presentRestriction(await secrets.addRestriction(subject.id, project.id))
      },
    }),
    route({
      method: 'DELETE',
      path: '/context/{context-id}/restrictions/{restriction-id}',
      summary:
        'Ends a restriction of a context. With the last one, every project of the organization may use it again.',
      subject: contextInPath,
      right: 'administer',
      answer: Message,
      handle: async ({ subject, params }) => {
        const id = params['restriction-id']!
        if (!isId(id) || !(await secrets.deleteRestriction(id, subject.id)))
          throw new AppError('not-found', 'Restriction not found.')
        return { message: 'Context restriction deleted.' }
      },
    }),
  ]
}
