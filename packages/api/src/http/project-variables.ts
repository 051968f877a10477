import { AppError, projectScope, type SealedSecret } from '@rondo/model'
import type { WebPorts } from '../ports.ts'
import { hintOf } from './presenters/variable.ts'

const missing = new AppError('not-found', 'Environment variable not found.')

/** What both REST APIs do with variables of a project. Values go in and never come out. */
export function createProjectVariables({ secrets, sealer }: Pick<WebPorts, 'secrets' | 'sealer'>) {
  return {
    list: (projectId: string) => secrets.projectVariables(projectId),
    async set(projectId: string, name: string, value: string): Promise<SealedSecret> {
      const sealed = await sealer.seal(value, projectScope(projectId))
      return secrets.setProjectVariable(projectId, { name, sealed, hint: hintOf(value) })
    },
    async find(projectId: string, name: string): Promise<SealedSecret> {
      const found = (await secrets.projectVariables(projectId)).find((secret) => secret.name === name)
      if (found === undefined) throw missing
      return found
    },
    async remove(projectId: string, name: string): Promise<void> {
      if (!(await secrets.deleteProjectVariable(projectId, name))) throw missing
    },
  }
}
