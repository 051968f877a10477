import type { ContinueRequest } from '@rondo/model'
import type { FastifyInstance } from 'fastify'
import type { WebPorts } from '../../ports.ts'

const body = {
  type: 'object',
  required: ['continuation-key', 'configuration'],
  properties: {
    'continuation-key': { type: 'string', minLength: 1, maxLength: 300 },
    configuration: { type: 'string' },
    parameters: { type: ['object', 'null'] },
  },
} as const

interface Body {
  readonly 'continuation-key': string
  readonly configuration: string
  readonly parameters?: ContinueRequest['parameters'] | null
}

/** `POST /pipeline/continue`: what jobs of a setup workflow call. The key authorizes; no token is asked for. */
export function registerContinuePipeline(server: FastifyInstance, ports: Pick<WebPorts, 'actions'>): void {
  server.post<{ Body: Body }>('/api/v2/pipeline/continue', { schema: { body } }, async (request) => {
    const { 'continuation-key': key, configuration, parameters } = request.body
    await ports.actions.continuePipeline({ key, configuration, parameters: parameters ?? {} })
    return { message: 'Pipeline continued' }
  })
}
