import { AppError, type RefRequest } from '@rondo/model'
import { type Static, Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { presentTriggered, TriggeredShape } from '../presenters/pipeline.ts'
import { type Route, route } from '../route.ts'
import { Id, Parameters, Text } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'

const Ref = { branch: Type.Optional(Text(500)), tag: Type.Optional(Text(500)) }
const RunBody = Type.Object({
  definition_id: Type.Optional(Id),
  /** Where the config is read: another branch or tag than what is checked out, or here. */
  config: Type.Optional(Type.Object({ ...Ref, content: Type.Optional(Type.String({ maxLength: 1_000_000 })) })),
  checkout: Type.Optional(Type.Object(Ref)),
  parameters: Type.Optional(Parameters),
})

/** The newer way to trigger: config and checkout may come from two places. */
export function runPipelineRoute({ actions }: Pick<WebPorts, 'actions'>): Route {
  return route({
    method: 'POST',
    path: '/project/{project-slug}/pipeline/run',
    summary: 'Triggers a pipeline, with the config of another branch or tag, or of the request, if it says so.',
    subject: projectInPath,
    right: 'contribute',
    body: RunBody,
    status: 201,
    answer: TriggeredShape,
    handle: async ({ subject, actorId, body, once }) => {
      const { definition_id: definition, config = {}, checkout, parameters = {} }: Static<typeof RunBody> = body
      // A project has one way to be built, known by the project's own id.
      if (definition !== undefined && definition.toLowerCase() !== subject.id)
        throw new AppError('not-found', 'Pipeline definition not found. Leave it out, or give the id of the project.')
      const { content, ...configRef } = config
      const asked = checkout ?? configRef
      const ref = refOf(asked) ?? { branch: subject.defaultBranch }
      const other = content === undefined ? refOf(configRef) : undefined
      const pipeline = await actions.trigger({
        project: subject,
        trigger: 'api',
        actorId,
        ref,
        parameters,
        once,
        ...(content === undefined ? {} : { config: { text: content } }),
        ...(other === undefined || checkout === undefined ? {} : { config: { ref: other } }),
      })
      return presentTriggered(pipeline!)
    },
  })
}

function refOf({ branch, tag }: { branch?: string; tag?: string }): RefRequest | undefined {
  if (branch !== undefined && tag !== undefined) throw new AppError('bad-request', 'Give a branch or a tag, not both.')
  if (tag !== undefined) return { tag }
  return branch === undefined ? undefined : { branch }
}
