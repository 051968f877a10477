import {
  AppError,
  forkOf,
  type GitService,
  type Project,
  type PushedRef,
  type PushListener,
  type RepositoryName,
  type User,
} from '@rondo/model'
import type { Access } from '../access.ts'
import type { WebOptions, WebPorts } from '../ports.ts'
import { readPushOptions } from './push-options.ts'

/** Who speaks git to us: a person, or something that reads one project, such as a job or a deploy key. */
export type GitAsker =
  | { readonly kind: 'user'; readonly user: User; readonly via: 'token' }
  | { readonly kind: 'reader'; readonly projectId: string }

/** What every way to the built-in hosting has in common. */
export interface GitDoor {
  /** The project somebody may fetch from or push to. AppError `not-found` for what is not theirs to know of. */
  open(asker: GitAsker, repository: RepositoryName, service: GitService): Promise<Project>
  /** Makes the pipelines of a push; answers what the pusher reads after `remote:`. */
  pushed(project: Project, user: User, ...push: Parameters<PushListener>): Promise<readonly string[]>
}

const zeros = /^0+$/

export function createGitDoor(
  ports: Pick<WebPorts, 'accounts' | 'hosting' | 'actions'>,
  access: Access,
  options: Pick<WebOptions, 'publicUrl' | 'onError'>,
): GitDoor {
  return { open, pushed }

  /** A member's first push makes the project. */
  async function open(asker: GitAsker, named: RepositoryName, service: GitService): Promise<Project> {
    const { name } = named
    const missing = new AppError('not-found', `Repository ${named.organization}/${name} not found`)
    const project = await ports.accounts.projectByName('github', named.organization, name)
    if (asker.kind !== 'user') {
      if (project?.id !== asker.projectId) throw missing
      if (service === 'git-upload-pack') return project
      throw new AppError(
        'forbidden',
        `What you gave opens ${named.organization}/${name} for reading only; it may not push.`,
      )
    }
    const right = service === 'git-receive-pack' ? 'contribute' : 'view'
    const organization = await access.organization(asker, `gh/${named.organization}`, right).catch((cause: unknown) => {
      throw cause instanceof AppError && cause.code === 'not-found' ? missing : cause
    })
    const repository = { organization: organization.name, name }
    if (!(await ports.hosting.exists(repository))) {
      if (service !== 'git-receive-pack') throw missing
      await ports.hosting.create(repository)
    }
    if (project !== undefined) return project
    if (service !== 'git-receive-pack') throw missing
    return ports.accounts.createProject({ organizationId: organization.id, name, defaultBranch: 'main' })
  }

  async function forget(project: Project, user: User, branch: string): Promise<void> {
    await ports.actions.branchDeleted(project, branch, user.id).catch((error: unknown) => {
      options.onError(error, { method: 'PUSH', url: `${project.organizationName}/${project.name} ${branch}` })
    })
  }

  /** What the pusher reads after `remote:`. The push has happened; trouble with a pipeline is told, never thrown. */
  async function pushed(
    project: Project,
    user: User,
    refs: readonly PushedRef[],
    said: readonly string[],
  ): Promise<readonly string[]> {
    const { pullRequests, problems } = readPushOptions(said)
    const lines: string[] = [...problems]
    for (const moved of refs) {
      const branch = /^refs\/heads\/(.+)$/.exec(moved.ref)?.[1]
      const tag = /^refs\/tags\/(.+)$/.exec(moved.ref)?.[1]
      if (zeros.test(moved.after) && branch !== undefined) await forget(project, user, branch)
      if (zeros.test(moved.after) || (branch === undefined && tag === undefined)) continue
      if (branch !== undefined && forkOf({ branch }) !== undefined && !project.settings.buildForkPrs) {
        lines.push(
          `${branch} is a pull request from a fork, and this project does not build those: no pipeline. To change that, turn on build_fork_prs in its settings.`,
        )
        continue
      }
      try {
        const ref = branch === undefined ? { tag: tag ?? '' } : { branch }
        const pipeline = await ports.actions.trigger({
          project,
          trigger: 'webhook',
          actorId: user.id,
          ref,
          parameters: {},
          ...(branch === undefined ? {} : { pullRequests }),
          ...(zeros.test(moved.before) ? {} : { baseRevision: moved.before }),
        })
        if (pipeline === undefined) lines.push(`The head commit of ${branch ?? tag} asks to skip CI: no pipeline.`)
        else if (pipeline.state === 'errored')
          lines.push(
            `Pipeline ${pipeline.number} could not start:`,
            ...withinReason(pipeline.errors),
            `${options.publicUrl}/pipeline/${pipeline.id}`,
          )
        else
          lines.push(
            `Pipeline ${pipeline.number}: ${options.publicUrl}/pipeline/${pipeline.id}`,
            ...withinReason(pipeline.warnings),
          )
      } catch (error) {
        options.onError(error, { method: 'PUSH', url: `${project.organizationName}/${project.name} ${moved.ref}` })
        lines.push(
          `No pipeline could be made for ${branch ?? tag}: ${error instanceof AppError ? error.message : 'the server met an error, see its log.'}`,
        )
      }
    }
    return lines
  }
}

/** So many lines of what is wrong go back over git; the page has the rest. */
const mostLines = 40

/** Whole messages, as many as fit; the first in any case. */
function withinReason(messages: readonly { readonly message: string }[]): readonly string[] {
  const lines: string[] = []
  for (const [at, { message }] of messages.entries()) {
    const more = message.split('\n')
    if (at > 0 && lines.length + more.length > mostLines) {
      const left = messages.length - at
      return [...lines, `… and ${left} more on the page of the pipeline.`]
    }
    lines.push(...more)
  }
  return lines
}
