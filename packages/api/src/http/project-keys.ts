import { AppError, type CheckoutKey, type Project, projectScope, projectSlug } from '@rondo/model'
import type { WebPorts } from '../ports.ts'
import { newSshKeyPair } from '../ssh-key-pair.ts'

/** A key beside the others of its project. */
export interface ListedKey {
  readonly key: CheckoutKey
  readonly preferred: boolean
}

/** What both REST APIs do with checkout keys. */
export function createProjectKeys({ checkoutKeys, sealer }: Pick<WebPorts, 'checkoutKeys' | 'sealer'>) {
  async function list(project: Project): Promise<readonly ListedKey[]> {
    return (await checkoutKeys.of(project.id)).map((key, index) => ({ key, preferred: index === 0 }))
  }

  async function find(project: Project, fingerprint: string): Promise<ListedKey> {
    const listed = await list(project)
    const found = listed.find(({ key }) => fingerprint === key.md5 || fingerprint === key.sha256)
    if (found === undefined) throw new AppError('not-found', 'Checkout key not found')
    return found
  }

  return {
    list,
    find,
    async add(project: Project, type: CheckoutKey['type'], createdBy: string | null): Promise<ListedKey> {
      const { privateKey, ...pair } = newSshKeyPair(projectSlug(project))
      const sealed = await sealer.seal(privateKey, projectScope(project.id))
      return {
        key: await checkoutKeys.add({ projectId: project.id, type, sealed, createdBy, ...pair }),
        preferred: true,
      }
    },
    async remove(project: Project, fingerprint: string): Promise<void> {
      await checkoutKeys.remove((await find(project, fingerprint)).key.id)
    },
  }
}
