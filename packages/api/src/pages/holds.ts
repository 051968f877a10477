import { explainNoHold } from '@rondo/conductor'
import { AppError, type HoldOrder } from '@rondo/model'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'

const size = { type: 'integer', minimum: 1, maximum: 1_000 }
const order = (type: HoldOrder['type'], properties: object = {}) => ({
  type: 'object',
  additionalProperties: false,
  required: ['type', ...Object.keys(properties)],
  properties: { type: { const: type }, ...properties },
})
const body = {
  type: 'object',
  additionalProperties: false,
  required: ['slice', 'orders'],
  properties: {
    slice: { type: 'integer', minimum: 0 },
    orders: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: {
        oneOf: [
          order('open-shell', { columns: size, rows: size }),
          order('resize', { columns: size, rows: size }),
          order('input', { text: { type: 'string', minLength: 1, maxLength: 16_384 } }),
          order('run', { command: { type: 'string', minLength: 1, maxLength: 65_536 } }),
          order('continue'),
          order('release'),
        ],
      },
    },
  },
}

/** Failed jobs whose environment stays for their owners; see docs/adr/0004. */
export function registerHolds(
  server: FastifyInstance,
  ports: Pick<WebPorts, 'holds' | 'accounts'>,
  auth: Authenticator,
  access: Access,
): void {
  server.post('/api/private/jobs/:id/hold', { schema: { body } }, async (request) => {
    const asker = await auth.person(request)
    const { id } = request.params as { id: string }
    const { slice, orders } = request.body as { slice: number; orders: readonly HoldOrder[] }
    const { job } = await access.job(asker, id, 'contribute')
    const hold = (await ports.holds.ofJob(job.id)).find((one) => one.slice === slice)
    const taken = hold !== undefined && (await ports.holds.order(hold, orders, asker.user.id))
    if (!taken) throw new AppError('conflict', explainNoHold(job, slice, await ports.holds.facts(job.id, slice)))
    return {}
  })

  server.get('/api/private/holds', async (request) => {
    const asker = await auth.person(request)
    const { project: slug = '' } = request.query as { project?: string }
    return { hold: (await access.project(asker, slug, 'view')).settings.holdFailedJobs ?? false }
  })

  const setting = {
    type: 'object',
    additionalProperties: false,
    required: ['hold'],
    properties: { hold: { type: 'boolean' } },
  }
  server.post('/api/private/holds', { schema: { body: setting } }, async (request) => {
    const asker = await auth.person(request)
    const { project: slug = '' } = request.query as { project?: string }
    const project = await access.project(asker, slug, 'configure')
    const { hold } = request.body as { hold: boolean }
    await ports.accounts.saveProjectSettings(project.id, { holdFailedJobs: hold })
    return { hold }
  })
}
