import {
  AppError,
  forkOf,
  type NotedPush,
  type Project,
  type PushActions,
  type PushedRef,
  type Pushes,
  type PushOutcome,
  type UserActions,
} from '@rondo/model'

export interface FollowPushPorts {
  readonly pushes: Pick<Pushes, 'note' | 'settle'>
  readonly actions: Pick<UserActions, 'trigger' | 'branchDeleted'>
}

const zeros = /^0+$/

/**
 * Pushes are noted before Git moves anything, and the note goes when all that follows has been done. Each ref has a request key of
 * its push, so whoever does it a second time, after a process ended or beside one that is slow, finds it done.
 */
export function createPushActions({ pushes, actions }: FollowPushPorts): PushActions {
  async function followRef(project: Project, push: NotedPush, { ref, before, after }: PushedRef) {
    const [, kind, name] = /^refs\/(heads|tags)\/(.+)$/.exec(ref) ?? []
    if (name === undefined) return undefined
    const branch = kind === 'heads'
    const moved = { name, branch }
    const once = { scope: 'push', key: `${push.id} ${ref}`, fingerprint: after }
    try {
      if (zeros.test(after)) {
        if (branch) await actions.branchDeleted(project, name, push.actorId, once)
        return { ...moved, kind: 'deleted' } as const
      }
      if (branch && forkOf({ branch: name }) !== undefined && !project.settings.buildForkPrs)
        return { ...moved, kind: 'fork' } as const
      const pipeline = await actions.trigger({
        project,
        trigger: 'webhook',
        actorId: push.actorId,
        ref: { ...(branch ? { branch: name } : { tag: name }), revision: after },
        parameters: {},
        once,
        ...(branch ? { pullRequests: push.pullRequests } : {}),
        ...(zeros.test(before) ? {} : { baseRevision: before }),
      })
      return pipeline === undefined
        ? ({ ...moved, kind: 'skipped' } as const)
        : ({ ...moved, kind: 'pipeline', pipeline } as const)
    } catch (error) {
      // What the request itself is refused for stays refused; everything else may be over in a while.
      const again = !(error instanceof AppError) || error.code === 'unavailable'
      return { ...moved, kind: 'failed', error, again } as const
    }
  }

  return {
    note: (push) => pushes.note(push),
    async follow(project, push, moved) {
      const outcomes: PushOutcome[] = []
      for (const ref of moved) {
        const outcome = await followRef(project, push, ref)
        if (outcome !== undefined) outcomes.push(outcome)
      }
      // A note that stays is looked at again, and nothing is found to do.
      if (!outcomes.some((outcome) => outcome.kind === 'failed' && outcome.again))
        await pushes.settle(push.id).catch(() => {})
      return outcomes
    },
  }
}
