import { describeEvent, stepsInTurn, toldOnce } from '@rondo/conductor'
import type { HistoryEntry, PageRequest } from '@rondo/model'
import type { PipelineEventView } from '@rondo/protocol'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'

const pageSize = 500

export interface PageQuery {
  readonly limit?: string | undefined
  readonly 'page-token'?: string | undefined
}

/** What part of a history somebody asks for: 100 entries, unless they say how many (500 at most). */
export function askedPage({ limit, 'page-token': token }: PageQuery): PageRequest {
  const most = Math.min(pageSize, Math.max(1, Math.trunc(Number(limit)) || 100))
  return { limit: most, ...(token ? { token } : {}) }
}

/** The event history of a pipeline and of a project: who did what, when and why. */
export function registerHistory(server: FastifyInstance, ports: WebPorts, auth: Authenticator, access: Access): void {
  server.get('/api/private/pipelines/:id/events', async (request, reply) => {
    const asker = await auth.person(request)
    const { id } = request.params as { id: string }
    const { 'page-token': token } = request.query as { 'page-token'?: string }
    const pipeline = await access.pipeline(asker, id, 'view')
    const page = await ports.queries.eventsOf(pipeline.id, {
      limit: pageSize,
      ...(token === undefined ? {} : { token }),
    })
    return reply
      .header('cache-control', 'no-store')
      .send({ items: stepsInTurn(toldOnce(page.items)).map(eventView), next: page.next })
  })
  server.get('/api/private/projects/events', async (request, reply) => {
    const asker = await auth.person(request)
    const { project: slug = '', ...query } = request.query as PageQuery & { project?: string }
    const project = await access.project(asker, slug, 'view')
    const page = await ports.queries.eventsOfProject(project.id, askedPage(query))
    return reply.header('cache-control', 'no-store').send({ items: page.items.map(eventView), next: page.next })
  })
}

/** An event in words. */
export function eventView(entry: HistoryEntry): PipelineEventView {
  return {
    id: entry.id,
    at: entry.at.toISOString(),
    kind: entry.kind,
    who: entry.actorLogin,
    workflow: entry.workflowName,
    job: entry.jobName,
    ...describeEvent(entry),
  }
}
