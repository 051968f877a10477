import { AppError } from '@rondo/model'
import { Type } from 'typebox'
import type { WebOptions, WebPorts } from '../../ports.ts'
import { PipelineShape, presentTriggered, TriggeredShape } from '../presenters/pipeline.ts'
import { type Route, route } from '../route.ts'
import { PageOf, PageQuery, Parameters, pageRequest, Text } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'
import { createPipelinePages } from './pipeline-pages.ts'

const ListQuery = Type.Object({ branch: Type.Optional(Type.String()), ...PageQuery })
const TriggerBody = Type.Object({
  branch: Type.Optional(Text(500)),
  tag: Type.Optional(Text(500)),
  parameters: Type.Optional(Parameters),
})

export function projectPipelineRoutes(
  ports: Pick<WebPorts, 'accounts' | 'queries' | 'actions'>,
  options: WebOptions,
): readonly Route[] {
  const pages = createPipelinePages(ports, options)
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/pipeline',
      summary: 'Pipelines of a project, newest first.',
      subject: projectInPath,
      right: 'view',
      query: ListQuery,
      answer: PageOf(PipelineShape),
      handle: async ({ subject, query }) =>
        pages.page({ projectId: subject.id, ...(query.branch ? { branch: query.branch } : {}) }, pageRequest(query)),
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/pipeline/mine',
      summary: 'Pipelines of a project that the user triggered, newest first.',
      subject: projectInPath,
      right: 'view',
      query: Type.Object(PageQuery),
      answer: PageOf(PipelineShape),
      handle: async ({ subject, user, query }) =>
        pages.page({ projectId: subject.id, triggeredBy: user.id }, pageRequest(query)),
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/pipeline/{pipeline-number}',
      summary: 'A pipeline by its number in the project.',
      subject: projectInPath,
      right: 'view',
      answer: PipelineShape,
      handle: async ({ subject, params }) => {
        const number = params['pipeline-number']!
        const found = /^\d{1,9}$/.test(number)
          ? await ports.queries.pipelineByNumber(subject.id, Number(number))
          : undefined
        if (found === undefined) throw new AppError('not-found', 'Pipeline not found')
        return pages.one(found)
      },
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/pipeline',
      summary: 'Triggers a pipeline on a branch or tag.',
      subject: projectInPath,
      right: 'contribute',
      body: TriggerBody,
      status: 201,
      answer: TriggeredShape,
      handle: async ({ subject, asker, once, body: { branch, tag, parameters = {} } }) => {
        if (branch !== undefined && tag !== undefined)
          throw new AppError('bad-request', 'Give a branch or a tag, not both.')
        const pipeline = await ports.actions.trigger({
          project: subject,
          trigger: 'api',
          actorId: asker.kind === 'user' ? asker.user.id : null,
          ref: tag !== undefined ? { tag } : { branch: branch ?? subject.defaultBranch },
          parameters,
          once,
        })
        return presentTriggered(pipeline!)
      },
    }),
  ]
}
