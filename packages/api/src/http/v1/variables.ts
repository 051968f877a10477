import { Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { presentVariable, VariableShape } from '../presenters/variable.ts'
import { projectVariableRoutes } from '../project-variable-routes.ts'
import { createProjectVariables } from '../project-variables.ts'
import { type Route, route } from '../route.ts'
import { projectInPath } from '../subjects.ts'

export function variableRoutesV1(ports: Pick<WebPorts, 'secrets' | 'sealer'>): readonly Route[] {
  const variables = createProjectVariables(ports)
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/envvar',
      summary: 'Variables of a project, masked.',
      subject: projectInPath,
      right: 'view',
      answer: Type.Array(VariableShape),
      handle: async ({ subject }) => (await variables.list(subject.id)).map(presentVariable),
    }),
    ...projectVariableRoutes(variables, 'ok'),
  ]
}
