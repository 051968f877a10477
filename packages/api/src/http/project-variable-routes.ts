import { Type } from 'typebox'
import { presentVariable, VariableShape } from './presenters/variable.ts'
import type { createProjectVariables } from './project-variables.ts'
import { type Route, route } from './route.ts'
import { Message, VariableName, VariableValue } from './shapes.ts'
import { projectInPath } from './subjects.ts'

/** Operations on one variable of a project, which both REST APIs have; they differ in what a deletion says. */
export function projectVariableRoutes(
  variables: ReturnType<typeof createProjectVariables>,
  deleted: string,
): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/project/{project-slug}/envvar',
      summary: 'Sets a variable of a project.',
      subject: projectInPath,
      right: 'configure',
      body: Type.Object({ name: VariableName, value: VariableValue }),
      status: 201,
      answer: VariableShape,
      handle: async ({ subject, body: { name, value } }) =>
        presentVariable(await variables.set(subject.id, name, value)),
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/envvar/{name}',
      summary: 'A variable of a project, masked.',
      subject: projectInPath,
      right: 'view',
      answer: VariableShape,
      handle: async ({ subject, params }) => presentVariable(await variables.find(subject.id, params.name!)),
    }),
    route({
      method: 'DELETE',
      path: '/project/{project-slug}/envvar/{name}',
      summary: 'Deletes a variable of a project.',
      subject: projectInPath,
      right: 'configure',
      answer: Message,
      handle: async ({ subject, params }) => {
        await variables.remove(subject.id, params.name!)
        return { message: deleted }
      },
    }),
  ]
}
