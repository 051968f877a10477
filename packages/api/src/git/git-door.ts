import {
  AppError,
  type GitService,
  type NotedPush,
  type Pipeline,
  type Project,
  type PushedRef,
  type PushListener,
  type PushOutcome,
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
  /** For one push: what follows from it, and what the pusher reads of that after `remote:`. */
  listen(project: Project, user: User): PushListener
}

/** The same for what is nowhere and for what is not theirs, with what helps in either case. */
export function repositoryMissing({ organization, name }: RepositoryName): AppError {
  return new AppError(
    'not-found',
    `Repository ${organization}/${name} not found. Check its name, and that you belong to the organization ${organization}: POST /api/v2/organization with {"name": "${organization}"} makes it when there is none, and the first push makes the project.`,
  )
}

export function createGitDoor(
  ports: Pick<WebPorts, 'accounts' | 'hosting' | 'pushes'>,
  access: Access,
  options: Pick<WebOptions, 'publicUrl' | 'onError'>,
): GitDoor {
  return { open, listen }

  /** A member's first push makes the project. */
  async function open(asker: GitAsker, named: RepositoryName, service: GitService): Promise<Project> {
    const { name } = named
    const missing = repositoryMissing(named)
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

  /** The pusher's side of one push. */
  function listen(project: Project, user: User): PushListener {
    let noting: Promise<NotedPush> | undefined
    return {
      async announced(refs, said) {
        const { pullRequests } = readPushOptions(said)
        const followed = refs.filter(leadsOn(said))
        if (followed.length === 0) return
        noting = ports.pushes.note({ projectId: project.id, actorId: user.id, refs: followed, pullRequests })
        await noting
      },
      async moved(refs, said) {
        const push = await noting?.catch(() => undefined)
        const { problems } = readPushOptions(said)
        if (push === undefined) return problems
        const outcomes = await ports.pushes.follow(project, push, refs.filter(leadsOn(said)))
        return [...problems, ...outcomes.flatMap((outcome) => tell(project, outcome))]
      },
    }
  }

  /** What the pusher reads after `remote:`. The push has happened; trouble with a pipeline is told, never thrown. */
  function tell(project: Project, outcome: PushOutcome): readonly string[] {
    const { name } = outcome
    switch (outcome.kind) {
      case 'deleted':
        return []
      case 'fork':
        return [
          `${name} is a pull request from a fork, and this project does not build those: no pipeline. To change that, turn on build_fork_prs in its settings.`,
        ]
      case 'skipped':
        return [`The head commit of ${name} asks to skip CI: no pipeline.`]
      case 'pipeline':
        return tellPipeline(outcome.pipeline)
      case 'failed': {
        const { error, again } = outcome
        options.onError(error, { method: 'PUSH', url: `${project.organizationName}/${project.name} ${name}` })
        const because = error instanceof AppError ? error.message : 'the server met an error, see its log.'
        return again
          ? [`No pipeline yet for ${name}: ${because}`, 'It is made as soon as that is over; you need not push again.']
          : [`No pipeline could be made for ${name}: ${because}`]
      }
    }
  }

  function tellPipeline({ id, number, state, errors, warnings }: Pipeline): readonly string[] {
    const page = `${options.publicUrl}/pipeline/${id}`
    return state === 'errored'
      ? [`Pipeline ${number} could not start:`, ...withinReason(errors), page]
      : [`Pipeline ${number}: ${page}`, ...withinReason(warnings)]
  }
}

/** Whether something follows from a ref of a push: what ends with a branch ends also where no pipelines are wanted. */
function leadsOn(said: readonly string[]): (ref: PushedRef) => boolean {
  const { skip } = readPushOptions(said)
  return ({ after }) => !skip || /^0+$/.test(after)
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
