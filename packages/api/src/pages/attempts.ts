import { statusOfSlices } from '@rondo/conductor'
import type { JobStatus, TriedAttempt } from '@rondo/model'
import type { AttemptView } from '@rondo/protocol'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'
import { withSizes } from '../step-sizes.ts'
import { stepView } from './views.ts'

/** Every try at a job's tasks: also those whose agent was lost, with the steps and output they got to. */
export function registerAttempts(
  server: FastifyInstance,
  { queries, output }: Pick<WebPorts, 'queries' | 'output'>,
  auth: Authenticator,
  access: Access,
): void {
  server.get('/api/private/jobs/:id/attempts', async (request, reply) => {
    const asker = await auth.person(request)
    const { id } = request.params as { id: string }
    const { job } = await access.job(asker, id, 'view')
    const items = await Promise.all(
      (await queries.attemptsOf(job.keptFrom ?? job.id)).map(
        async ({ agentName, claimedAt, finishedAt, steps, retried, ...attempt }): Promise<AttemptView> => ({
          ...attempt,
          status: retried ? 'retried' : statusOf(attempt),
          agent: agentName,
          claimedAt: claimedAt.toISOString(),
          finishedAt: finishedAt?.toISOString() ?? null,
          steps: (await withSizes(steps, output)).map(stepView),
        }),
      ),
    )
    return reply.header('cache-control', 'no-store').send({ items })
  })
}

function statusOf({ phase, result }: Pick<TriedAttempt, 'phase' | 'result'>): JobStatus {
  if (phase !== 'finished') return phase === 'claimed' ? 'queued' : 'running'
  return statusOfSlices([result ?? 'lost'])
}
