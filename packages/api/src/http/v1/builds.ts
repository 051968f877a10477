import type { JobContext } from '@rondo/model'
import { Type } from 'typebox'
import type { WebOptions, WebPorts } from '../../ports.ts'
import { ArtifactShape, presentArtifact, presentTest, TestShape } from '../presenters/artifact.ts'
import { BuildShape, presentBuild } from '../presenters/build.ts'
import { presentSteps, StepsShape } from '../presenters/steps.ts'
import { type Route, route } from '../route.ts'
import { jobInProject } from '../subjects.ts'

export function buildRoutes(
  { accounts, queries, actions }: Pick<WebPorts, 'accounts' | 'queries' | 'actions'>,
  { publicUrl }: Pick<WebOptions, 'publicUrl'>,
): readonly Route[] {
  async function present(context: JobContext) {
    const { triggeredBy } = context.pipeline
    return presentBuild(context, triggeredBy === null ? undefined : await accounts.user(triggeredBy), publicUrl)
  }

  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}/{job-number}',
      summary: 'A build with its steps.',
      subject: jobInProject,
      right: 'view',
      answer: Type.Object({ ...BuildShape.properties, steps: StepsShape }),
      handle: async ({ subject }) => ({
        ...(await present(subject)),
        steps: presentSteps(await queries.stepsOf(subject.job.keptFrom ?? subject.job.id), publicUrl),
      }),
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/{job-number}/artifacts',
      summary: 'Artifacts of a build.',
      subject: jobInProject,
      right: 'view',
      answer: Type.Array(Type.Object({ ...ArtifactShape.properties, pretty_path: Type.String() })),
      handle: async ({ subject: { job } }) =>
        (await queries.artifactsOf(job.keptFrom ?? job.id)).map((artifact) => ({
          ...presentArtifact(artifact, publicUrl),
          pretty_path: artifact.path,
        })),
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/{job-number}/tests',
      summary: 'Test results of a build.',
      subject: jobInProject,
      right: 'view',
      answer: Type.Object({ tests: Type.Array(TestShape) }),
      handle: async ({ subject: { job } }) => ({
        tests: (await queries.testsOf(job.keptFrom ?? job.id)).map(presentTest),
      }),
    }),
    route({
      method: 'POST',
      path: '/project/{project-slug}/{job-number}/cancel',
      summary: 'Cancels a build, which may have ended already.',
      subject: jobInProject,
      right: 'contribute',
      answer: BuildShape,
      handle: async ({ subject, actorId }) => {
        await actions.cancelJob(subject.job.id, actorId)
        return present((await queries.job(subject.job.id))!)
      },
    }),
  ]
}
