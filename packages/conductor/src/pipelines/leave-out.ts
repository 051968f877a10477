import { AppError, type EngineStore, type GitRevision, type TriggerRequest } from '@rondo/model'
import { once } from './once.ts'

type Engine = Pick<EngineStore, 'transact'>

/** A push whose head commit asks to be skipped makes no pipeline; the history of the project says that it was seen. */
export async function leaveOutPush(engine: Engine, request: TriggerRequest, git: GitRevision): Promise<undefined> {
  const { project, actorId } = request
  const [asked] = skipMark.exec(headOf(git)) ?? []
  await engine.transact((tx) =>
    once(tx, request.once, async () => {
      await tx.append({
        kind: 'push.skipped',
        organizationId: project.organizationId,
        projectId: project.id,
        actorId,
        data: {
          ...(git.branch === null ? { tag: git.tag } : { branch: git.branch }),
          revision: git.revision,
          because: `the message of its head commit says ${asked}`,
        },
      })
      return project.id
    }),
  )
}

/** Whether the head commit's message asks that a push of it make no pipeline (semantics 27). */
export function asksToSkip(git: GitRevision): boolean {
  return skipMark.test(headOf(git))
}

const skipMark = /\[(skip ci|ci skip)\]/i

/** Only the first 250 characters count. */
function headOf({ subject, body }: GitRevision): string {
  return `${subject}\n\n${body}`.slice(0, 250)
}

/**
 * What is asked for has no revision. A schedule stays, since its branch or tag may come back: this run of it is left out, and the
 * history says so. AppError `not-found` for whoever else asks.
 */
export async function leaveOutRun(engine: Engine, { project, ref, schedule }: TriggerRequest): Promise<undefined> {
  const what = `Branch or tag ${ref.branch ?? ref.tag ?? ref.revision} was not found in ${project.organizationName}/${project.name}.`
  if (schedule === undefined) throw new AppError('not-found', `${what} Push it first.`)
  await engine.transact(async (tx) => {
    const fired = await tx.fireSchedule(schedule)
    if (fired === undefined) return
    await tx.append({
      kind: 'schedule.skipped',
      organizationId: project.organizationId,
      projectId: project.id,
      data: { schedule: schedule.name, lateMs: Math.max(0, fired.lateMs), because: `${what} The schedule stays.` },
    })
  })
}
