import { describeEvent } from '@rondo/conductor'
import type { HistoryEntry } from '@rondo/model'
import type { PipelineEventView } from '@rondo/protocol'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'

const pageSize = 500

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
    return reply.header('cache-control', 'no-store').send({ items: page.items.map(eventView), next: page.next })
  })
  server.get('/api/private/projects/events', async (request, reply) => {
    const asker = await auth.person(request)
    const { project: slug = '', limit } = request.query as { project?: string; limit?: string }
    const project = await access.project(asker, slug, 'view')
    const most = Math.min(pageSize, Math.max(1, Math.trunc(Number(limit)) || 100))
    const items = await ports.queries.eventsOfProject(project.id, most)
    return reply.header('cache-control', 'no-store').send({ items: items.map(eventView) })
  })
}

function eventView(entry: HistoryEntry): PipelineEventView {
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
