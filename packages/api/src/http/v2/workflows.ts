import { AppError } from '@rondo/model'
import { Type } from 'typebox'
import type { WebPorts } from '../../ports.ts'
import { presentWorkflow, presentWorkflowJob, WorkflowJobShape, WorkflowShape } from '../presenters/workflow.ts'
import { requireSsh } from '../require-ssh.ts'
import { type Route, route } from '../route.ts'
import { accepted, Id, Message, PageOf, wholeList } from '../shapes.ts'
import { workflowInPath } from '../subjects.ts'

const RerunBody = Type.Object({
  from_failed: Type.Optional(Type.Boolean()),
  jobs: Type.Optional(Type.Array(Id, { maxItems: 10_000 })),
  enable_ssh: Type.Optional(Type.Boolean()),
})

export function workflowRoutes({
  accounts,
  queries,
  actions,
}: Pick<WebPorts, 'accounts' | 'queries' | 'actions'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/workflow/{id}',
      summary: 'A workflow.',
      subject: workflowInPath,
      right: 'view',
      answer: WorkflowShape,
      handle: async ({ subject }) => presentWorkflow(subject, (await accounts.project(subject.projectId))!),
    }),
    route({
      method: 'GET',
      path: '/workflow/{id}/job',
      summary: 'Jobs of a workflow, in the order of the config.',
      subject: workflowInPath,
      right: 'view',
      answer: PageOf(WorkflowJobShape),
      handle: async ({ subject }) => {
        const project = (await accounts.project(subject.projectId))!
        const jobs = await queries.jobsOf([subject.id])
        return wholeList(jobs.map((job) => presentWorkflowJob(job, jobs, project)))
      },
    }),
    route({
      method: 'POST',
      path: '/workflow/{id}/cancel',
      summary: 'Cancels what of a workflow has not ended.',
      subject: workflowInPath,
      right: 'contribute',
      status: 202,
      answer: Message,
      handle: async ({ subject, user, once }) => {
        await actions.cancelWorkflow(subject.id, user.id, once)
        return accepted
      },
    }),
    route({
      method: 'POST',
      path: '/workflow/{id}/approve/{approval_request_id}',
      summary: 'Approves a job that waits for it.',
      subject: workflowInPath,
      right: 'contribute',
      status: 202,
      answer: Message,
      handle: async ({ subject, user, params, once }) => {
        const jobs = await queries.jobsOf([subject.id])
        const job = jobs.find((candidate) => candidate.id === params.approval_request_id?.toLowerCase())
        if (job === undefined) throw new AppError('not-found', 'Job not found')
        await actions.approve(job.id, user.id, once)
        return accepted
      },
    }),
    route({
      method: 'POST',
      path: '/workflow/{id}/rerun',
      summary: 'Reruns a workflow: whole, from what failed, or some jobs and what depends on them.',
      subject: workflowInPath,
      right: 'contribute',
      body: RerunBody,
      status: 202,
      answer: Type.Object({ workflow_id: Id }),
      handle: async ({
        subject,
        user,
        once,
        body: { from_failed: fromFailed = false, jobs, enable_ssh: enableSsh = false },
      }) => {
        if (enableSsh) requireSsh((await accounts.project(subject.projectId))!)
        if (fromFailed && jobs !== undefined) throw new AppError('bad-request', 'Give from_failed or jobs, not both.')
        const workflowId = await actions.rerun({
          workflowId: subject.id,
          actorId: user.id,
          fromFailed,
          ...(jobs === undefined ? {} : { jobIds: jobs }),
          enableSsh,
          once,
        })
        return { workflow_id: workflowId }
      },
    }),
  ]
}
