import { AppError, type JobContext } from '@rondo/model'
import { Type } from 'typebox'
import type { WebOptions, WebPorts } from '../../ports.ts'
import { BuildShape, buildPresenter } from '../presenters/build.ts'
import { requireSsh } from '../require-ssh.ts'
import { type Route, route } from '../route.ts'
import { Text } from '../shapes.ts'
import { jobInProject, projectInPath } from '../subjects.ts'

const Started = Type.Object({ status: Type.Integer(), body: Type.String() })

export function triggerBuildRoutes(
  {
    accounts,
    queries,
    actions,
    sshAccess,
    userKeys,
  }: Pick<WebPorts, 'accounts' | 'queries' | 'actions' | 'sshAccess' | 'userKeys'>,
  { publicUrl }: Pick<WebOptions, 'publicUrl'>,
): readonly Route[] {
  const { present } = buildPresenter({ accounts, queries }, publicUrl)

  /** The job that runs again, in the workflow that was made for it. */
  async function retried({ job }: JobContext, workflowId: string): Promise<JobContext> {
    const again = (await queries.jobsOf([workflowId])).find((candidate) => candidate.name === job.name)
    const context = again && (await queries.job(again.id))
    if (context === undefined) throw new AppError('conflict', `Build ${job.number} has nothing to retry.`)
    return context
  }

  /** Takes one more person into a build, who could not enter without a key: that is said now, not at the door. */
  async function open({ job }: JobContext, actorId: string | null): Promise<void> {
    if (actorId === null)
      throw new AppError(
        'forbidden',
        `Build ${job.number} opens to the SSH keys of a person, and this token is nobody's. Use a personal token.`,
      )
    if ((await userKeys.of(actorId)).length === 0)
      throw new AppError(
        'bad-request',
        `You have no SSH key with which to enter build ${job.number}. Add your public key (rondo ssh-key add FILE), then ask again.`,
      )
    if (!(await sshAccess.allow(job.id, actorId)))
      throw new AppError('conflict', `Build ${job.number} does not run with SSH. Rerun it with SSH.`)
  }

  return [
    route({
      method: 'POST',
      path: '/project/{project-slug}/{job-number}/retry',
      summary: 'Runs a build again, and what depends on it, in a new workflow of its pipeline.',
      subject: jobInProject,
      right: 'contribute',
      answer: BuildShape,
      handle: async ({ subject, actorId, once }) => {
        const { job, workflow } = subject
        const jobIds = [job.id]
        const workflowId = await actions.rerun({ workflowId: workflow.id, actorId, fromFailed: false, jobIds, once })
        return present(await retried(subject, workflowId))
      },
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/{job-number}/ssh',
      summary: 'Runs a build again, open over SSH for the keys of whoever asks.',
      subject: jobInProject,
      right: 'contribute',
      answer: BuildShape,
      handle: async ({ subject, actorId }) => {
        const { job, workflow, project } = subject
        requireSsh(project)
        const request = { workflowId: workflow.id, actorId, fromFailed: false, jobIds: [job.id], enableSsh: true }
        return present(await retried(subject, await actions.rerun(request)))
      },
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/{job-number}/ssh-users',
      summary: 'Opens a build that runs with SSH to the keys of whoever asks.',
      subject: jobInProject,
      right: 'contribute',
      answer: BuildShape,
      handle: async ({ subject, actorId }) => {
        requireSsh(subject.project)
        await open(subject, actorId)
        return present((await queries.job(subject.job.id)) ?? subject)
      },
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/build',
      summary: 'Triggers a pipeline on a branch, tag or revision.',
      subject: projectInPath,
      right: 'contribute',
      body: Type.Object({
        branch: Type.Optional(Text(500)),
        tag: Type.Optional(Text(500)),
        revision: Type.Optional(Text(100)),
      }),
      answer: Started,
      handle: async ({ subject, actorId, once, body: { branch, tag, revision } }) => {
        if (tag !== undefined && branch !== undefined)
          throw new AppError('bad-request', 'Give a branch or a tag, not both.')
        const ref = {
          ...(tag === undefined ? { branch: branch ?? subject.defaultBranch } : { tag }),
          ...(revision === undefined ? {} : { revision }),
        }
        await actions.trigger({ project: subject, trigger: 'api', actorId, ref, parameters: {}, once })
        return { status: 200, body: 'Build created' }
      },
    }),
  ]
}
