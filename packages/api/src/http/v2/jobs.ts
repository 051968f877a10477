import type { JobContext } from '@rondo/model'
import type { WebOptions, WebPorts } from '../../ports.ts'
import { ArtifactShape, presentArtifact, presentTest, TestShape } from '../presenters/artifact.ts'
import { JobShape, presentJob } from '../presenters/job.ts'
import { type Route, route, type Subject } from '../route.ts'
import { Message, PageOf, wholeList } from '../shapes.ts'
import { jobInPath, jobInProject } from '../subjects.ts'

export function jobRoutes(
  { accounts, queries, actions }: Pick<WebPorts, 'accounts' | 'queries' | 'actions'>,
  { publicUrl }: Pick<WebOptions, 'publicUrl'>,
): readonly Route[] {
  const cancelRoute = (path: string, subject: Subject<JobContext>) =>
    route({
      method: 'POST',
      path,
      summary: 'Cancels a job, which may have ended already.',
      subject,
      right: 'contribute',
      answer: Message,
      handle: async ({ subject: { job }, user, once }) => {
        await actions.cancelJob(job.id, user.id, once)
        return { message: 'Job canceled successfully.' }
      },
    })
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/job/{job-number}',
      summary: 'A job by its number in the project.',
      subject: jobInProject,
      right: 'view',
      answer: JobShape,
      handle: async ({ subject }) =>
        presentJob(
          { ...subject, workflow: await queries.newestWorkflowWith(subject) },
          await accounts.organization(subject.project.organizationId),
          publicUrl,
        ),
    }),
    cancelRoute('/project/{project-slug}/job/{job-number}/cancel', jobInProject),
    cancelRoute('/jobs/{job-id}/cancel', jobInPath),
    route({
      method: 'GET',
      path: '/project/{project-slug}/{job-number}/artifacts',
      summary: 'Artifacts of a job, slice by slice.',
      subject: jobInProject,
      right: 'view',
      answer: PageOf(ArtifactShape),
      handle: async ({ subject: { job } }) => {
        const artifacts = await queries.artifactsOf(job.keptFrom ?? job.id)
        return wholeList(artifacts.map((artifact) => presentArtifact(artifact, publicUrl)))
      },
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/{job-number}/tests',
      summary: 'Test results of a job.',
      subject: jobInProject,
      right: 'view',
      answer: PageOf(TestShape),
      handle: async ({ subject: { job } }) =>
        wholeList((await queries.testsOf(job.keptFrom ?? job.id)).map(presentTest)),
    }),
  ]
}
