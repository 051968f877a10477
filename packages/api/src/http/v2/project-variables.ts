import { AppError, projectScope } from '@rondo/model'
import { Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { hintOf, presentVariable, VariableShape } from '../presenters/variable.ts'
import { type Route, route } from '../route.ts'
import { Message, PageOf, VariableName, VariableValue, wholeList } from '../shapes.ts'
import { projectInPath } from '../subjects.ts'

/** Values go in and never come out. */
export function projectVariableRoutes({ secrets, keyRing }: Pick<WebPorts, 'secrets' | 'keyRing'>): readonly Route[] {
  const missing = new AppError('not-found', 'Environment variable not found.')
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/envvar',
      summary: 'Variables of a project, masked.',
      subject: projectInPath,
      right: 'view',
      answer: PageOf(VariableShape),
      handle: async ({ subject }) => wholeList((await secrets.projectVariables(subject.id)).map(presentVariable)),
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/envvar',
      summary: 'Sets a variable of a project.',
      subject: projectInPath,
      right: 'configure',
      body: Type.Object({ name: VariableName, value: VariableValue }),
      status: 201,
      answer: VariableShape,
      handle: async ({ subject, body: { name, value } }) => {
        const sealed = await keyRing.seal(value, projectScope(subject.id))
        return presentVariable(await secrets.setProjectVariable(subject.id, { name, sealed, hint: hintOf(value) }))
      },
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/envvar/{name}',
      summary: 'A variable of a project, masked.',
      subject: projectInPath,
      right: 'view',
      answer: VariableShape,
      handle: async ({ subject, params }) => {
        const found = (await secrets.projectVariables(subject.id)).find((secret) => secret.name === params.name)
        if (found === undefined) throw missing
        return presentVariable(found)
      },
    }),
    route({
      method: 'DELETE',
      path: '/project/{project-slug}/envvar/{name}',
      summary: 'Deletes a variable of a project.',
      subject: projectInPath,
      right: 'configure',
      answer: Message,
      handle: async ({ subject, params }) => {
        if (!(await secrets.deleteProjectVariable(subject.id, params.name!))) throw missing
        return { message: 'Environment variable deleted.' }
      },
    }),
  ]
}
