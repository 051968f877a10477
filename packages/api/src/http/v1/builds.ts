import type { JobContext } from '@rondo/model'
import { type Static, Type } from 'typebox'
import type { WebOptions, WebPorts } from '../../ports.ts'
import { withSizes } from '../../step-sizes.ts'
import { ArtifactShape, presentArtifact, presentTest, TestShape } from '../presenters/artifact.ts'
import { BuildShape, buildPresenter } from '../presenters/build.ts'
import { presentSteps, StepsShape } from '../presenters/steps.ts'
import { type Route, route } from '../route.ts'
import { jobInProject, projectInPath } from '../subjects.ts'
import { statusFilter } from './build-lists.ts'

const ArtifactsShape = Type.Array(Type.Object({ ...ArtifactShape.properties, pretty_path: Type.String() }))

export function buildRoutes(
  { accounts, queries, actions, output }: Pick<WebPorts, 'accounts' | 'queries' | 'actions' | 'output'>,
  { publicUrl }: Pick<WebOptions, 'publicUrl'>,
): readonly Route[] {
  const { present } = buildPresenter({ accounts, queries }, publicUrl)

  async function artifactsOf({ job }: JobContext): Promise<Static<typeof ArtifactsShape>> {
    return (await queries.artifactsOf(job.keptFrom ?? job.id)).map((artifact) => ({
      ...presentArtifact(artifact, publicUrl),
      pretty_path: artifact.path,
    }))
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
        steps: presentSteps(
          await withSizes(await queries.stepsOf(subject.job.keptFrom ?? subject.job.id), output),
          publicUrl,
        ),
      }),
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/{job-number}/artifacts',
      summary: 'Artifacts of a build.',
      subject: jobInProject,
      right: 'view',
      answer: ArtifactsShape,
      handle: async ({ subject }) => artifactsOf(subject),
    }),
    route({
      method: 'GET',
      path: '/project/{project-slug}/latest/artifacts',
      summary: 'Artifacts of the newest build, of a branch or with an outcome if the query says so.',
      subject: projectInPath,
      right: 'view',
      query: Type.Object({ branch: Type.Optional(Type.String()), filter: Type.Optional(Type.String()) }),
      answer: ArtifactsShape,
      handle: async ({ subject, query: { branch, filter } }) => {
        const narrowed = {
          projectId: subject.id,
          ...(branch ? { branch } : {}),
          ...statusFilter(filter ?? 'completed'),
        }
        const [newest] = await queries.recentJobs(narrowed, 1, 0)
        return newest === undefined ? [] : artifactsOf(newest)
      },
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
      handle: async ({ subject, actorId, once }) => {
        await actions.cancelJob(subject.job.id, actorId, once)
        return present((await queries.job(subject.job.id))!)
      },
    }),
  ]
}
