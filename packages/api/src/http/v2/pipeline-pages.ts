import type { PageRequest, Pipeline, PipelineFilter, Project, User } from '@rondo/model'
import type { Static } from 'typebox'
import type { WebOptions, WebPorts } from '../../ports.ts'
import { type PipelineShape, presentPipeline } from '../presenters/pipeline.ts'

type Shown = Static<typeof PipelineShape>

/** Pipelines with the projects and people around them; each of those is read once a page. */
export function createPipelinePages(
  { accounts, queries }: Pick<WebPorts, 'accounts' | 'queries'>,
  { publicUrl }: Pick<WebOptions, 'publicUrl'>,
) {
  async function present(pipelines: readonly Pipeline[]): Promise<Shown[]> {
    const projects = new Map<string, Project | undefined>()
    for (const id of new Set(pipelines.map((pipeline) => pipeline.projectId)))
      projects.set(id, await accounts.project(id))
    const actors = new Map<string | null, User | undefined>([[null, undefined]])
    for (const id of new Set(pipelines.map((pipeline) => pipeline.triggeredBy)))
      if (id !== null) actors.set(id, await accounts.user(id))
    return pipelines.map((pipeline) =>
      presentPipeline(pipeline, projects.get(pipeline.projectId)!, actors.get(pipeline.triggeredBy), publicUrl),
    )
  }

  return {
    one: async (pipeline: Pipeline): Promise<Shown> => (await present([pipeline]))[0]!,
    async page(
      filter: PipelineFilter,
      request: PageRequest,
    ): Promise<{ items: Shown[]; next_page_token: string | null }> {
      const page = await queries.pipelines(filter, request)
      return { items: await present(page.items), next_page_token: page.next }
    },
  }
}
