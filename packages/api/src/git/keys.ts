import { AppError, type GitService, type PushListener, type RepositoryName } from '@rondo/model'
import { createAccess } from '../access.ts'
import type { WebOptions, WebPorts } from '../ports.ts'
import { createGitDoor, type GitAsker, repositoryMissing } from './git-door.ts'

type KeyPorts = Pick<WebPorts, 'accounts' | 'queries' | 'secrets' | 'schedules' | 'checkoutKeys' | 'hosting' | 'pushes'>

/** What the checkout keys of projects open over SSH, by their fingerprints (`SHA256:…`). */
export interface GitKeys {
  knows(fingerprint: string): Promise<boolean>
  /** AppError `not-found` for a repository the key does not open, `forbidden` for what it may not do there. */
  open(
    fingerprint: string,
    repository: RepositoryName,
    service: GitService,
  ): Promise<RepositoryName & { readonly onPush?: PushListener }>
}

/** A deploy key reads its own project. A user's key does what its user may do, for as long as they may. */
export function createGitKeys(ports: KeyPorts, options: Pick<WebOptions, 'publicUrl' | 'onError'>): GitKeys {
  const door = createGitDoor(ports, createAccess(ports), options)

  async function askersOf(fingerprint: string): Promise<readonly GitAsker[]> {
    const keys = await ports.checkoutKeys.byFingerprint(fingerprint)
    const askers = keys.map(async (key): Promise<GitAsker | undefined> => {
      if (key.type === 'deploy-key') return { kind: 'reader', projectId: key.projectId }
      const user = key.createdBy === null ? undefined : await ports.accounts.user(key.createdBy)
      return user && { kind: 'user', user, via: 'token' }
    })
    return (await Promise.all(askers)).filter((asker) => asker !== undefined)
  }

  return {
    knows: async (fingerprint) => (await ports.checkoutKeys.byFingerprint(fingerprint)).length > 0,
    async open(fingerprint, repository, service) {
      let refusal = repositoryMissing(repository)
      for (const asker of await askersOf(fingerprint)) {
        try {
          const project = await door.open(asker, repository, service)
          const opened = { organization: project.organizationName, name: project.name }
          return asker.kind === 'user' ? { ...opened, onPush: door.listen(project, asker.user) } : opened
        } catch (error) {
          if (!(error instanceof AppError)) throw error
          refusal = error
        }
      }
      throw refusal
    },
  }
}
