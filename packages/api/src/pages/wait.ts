import { explainWait } from '@rondo/conductor'
import { AppError } from '@rondo/model'
import type { JobWaitView } from '@rondo/protocol'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'

/** What a job waits for, how many are ahead of it, and when it is expected to start. */
export function registerWait(
  server: FastifyInstance,
  ports: Pick<WebPorts, 'queue' | 'forecaster'>,
  auth: Authenticator,
  access: Access,
): void {
  server.get('/api/private/jobs/:id/wait', async (request, reply) => {
    const asker = await auth.person(request)
    const { id } = request.params as { id: string }
    const { job } = await access.job(asker, id, 'view')
    const facts = await ports.queue.wait(job.id)
    if (facts === undefined) throw new AppError('not-found', 'Job not found')
    const expected = await ports.forecaster.expected(job.id, facts.waitedMs)
    const view: JobWaitView = { ...explainWait(facts, expected), waitedMs: Math.round(facts.waitedMs) }
    return reply.header('cache-control', 'no-store').send(view)
  })
}
