import type { WebPorts } from '../../ports.ts'
import { presentVariable, VariableShape } from '../presenters/variable.ts'
import { projectVariableRoutes } from '../project-variable-routes.ts'
import { createProjectVariables } from '../project-variables.ts'
import { type Route, route } from '../route.ts'
import { PageOf, wholeList } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'

export function variableRoutesV2(ports: Pick<WebPorts, 'secrets' | 'sealer'>): readonly Route[] {
  const variables = createProjectVariables(ports)
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/envvar',
      summary: 'Variables of a project, masked.',
      subject: projectInPath,
      right: 'view',
      answer: PageOf(VariableShape),
      handle: async ({ subject }) => wholeList((await variables.list(subject.id)).map(presentVariable)),
    }),
    ...projectVariableRoutes(variables, 'Environment variable deleted.'),
  ]
}
