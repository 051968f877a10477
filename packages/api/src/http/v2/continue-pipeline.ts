import { type Static, Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { type Route, route } from '../route.ts'
import { Message, Nullable, Parameters, Text } from '../shapes.ts'
import { anybody } from '../subjects.ts'

const ContinueBody = Type.Object({
  'continuation-key': Text(300),
  configuration: Type.String(),
  parameters: Type.Optional(Nullable(Parameters)),
})

/** What jobs of a setup workflow call. The key authorizes; no token is asked for. */
export function continuePipelineRoute({ actions }: Pick<WebPorts, 'actions'>): Route {
  return route({
    method: 'POST',
    path: '/pipeline/continue',
    summary: 'Continues a pipeline from its setup phase with a config.',
    subject: anybody,
    right: 'contribute',
    body: ContinueBody,
    answer: Message,
    handle: async ({ body, once }) => {
      const { 'continuation-key': key, configuration, parameters }: Static<typeof ContinueBody> = body
      await actions.continuePipeline({ key, configuration, parameters: parameters ?? {}, once })
      return { message: 'Pipeline continued' }
    },
  })
}
