import { AppError, contextScope } from '@rondo/model'
import { Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { ContextVariableShape, hintOf, presentContextVariable } from '../presenters/variable.ts'
import { type Route, route } from '../route.ts'
import { isVariableName, Message, PageOf, PageQuery, VariableValue, wholeList } from '../shapes.ts'
import { contextInPath } from '../subjects.ts'

/** Values go in and never come out. */
export function contextVariableRoutes({ secrets, sealer }: Pick<WebPorts, 'secrets' | 'sealer'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/context/{context-id}/environment-variable',
      summary: 'Variables of a context, masked.',
      subject: contextInPath,
      right: 'view',
      query: Type.Object(PageQuery),
      answer: PageOf(Type.Object({ ...ContextVariableShape.properties, truncated_value: Type.String() })),
      handle: async ({ subject }) => {
        const variables = await secrets.contextVariables(subject.id)
        return wholeList(
          variables.map((secret) => ({
            ...presentContextVariable(subject.id, secret),
            truncated_value: `xxxx${secret.hint}`,
          })),
        )
      },
    }),
    route({
      method: 'PUT',
      path: '/context/{context-id}/environment-variable/{env-var-name}',
      summary: 'Sets a variable of a context.',
      subject: contextInPath,
      right: 'configure',
      body: Type.Object({ value: VariableValue }),
      answer: ContextVariableShape,
      handle: async ({ subject, params, body: { value } }) => {
        const name = variableName(params['env-var-name']!)
        const sealed = await sealer.seal(value, contextScope(subject.id))
        return presentContextVariable(
          subject.id,
          await secrets.setContextVariable(subject.id, { name, sealed, hint: hintOf(value) }),
        )
      },
    }),
    route({
      method: 'DELETE',
      path: '/context/{context-id}/environment-variable/{env-var-name}',
      summary: 'Deletes a variable of a context.',
      subject: contextInPath,
      right: 'configure',
      answer: Message,
      handle: async ({ subject, params }) => {
        if (!(await secrets.deleteContextVariable(subject.id, params['env-var-name']!)))
          throw new AppError('not-found', 'Environment variable not found.')
        return { message: 'Environment variable deleted.' }
      },
    }),
  ]
}

function variableName(name: string): string {
  if (isVariableName(name)) return name
  throw new AppError(
    'bad-request',
    `"${name.slice(0, 100)}" cannot name a variable. Use letters, digits and "_", not starting with a digit.`,
  )
}
