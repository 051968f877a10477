import type { UsageRecord } from '@rondo/model'
import type { JobUsageView } from '@rondo/protocol'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'

/** What a job uses of its machine, slice by slice, while it runs and afterwards. */
export function registerUsage(
  server: FastifyInstance,
  ports: Pick<WebPorts, 'usage'>,
  auth: Authenticator,
  access: Access,
): void {
  server.get('/api/private/jobs/:id/usage', async (request, reply) => {
    const asker = await auth.person(request)
    const { id } = request.params as { id: string }
    const { job } = await access.job(asker, id, 'view')
    const view: JobUsageView = { slices: (await ports.usage.ofJob(job.keptFrom ?? job.id)).map(sliceView) }
    return reply.header('cache-control', 'no-store').send(view)
  })
}

function sliceView(usage: UsageRecord & { readonly slice: number }): JobUsageView['slices'][number] {
  return {
    index: usage.slice,
    startedAt: usage.startedAt.toISOString(),
    intervalMs: usage.intervalMs,
    cpus: usage.cpus,
    memoryLimitBytes: usage.memoryMb * 1024 ** 2,
    cpuCores: usage.cpuMilli.map((milli) => milli / 1000),
    memoryBytes: usage.memoryKb.map((kb) => kb * 1024),
  }
}
