import { AppError } from '@rondo/model'
import type { RunRequest } from '@rondo/protocol'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'

const name = { type: 'string', minLength: 1, maxLength: 100, pattern: '^[^\\s/]+$' }

const body = {
  type: 'object',
  additionalProperties: false,
  required: ['project', 'revision', 'branch'],
  properties: {
    project: { type: 'string', maxLength: 400 },
    revision: { type: 'string', pattern: '^[0-9a-f]{40}$' },
    branch: { type: 'string', minLength: 1, maxLength: 250 },
    only: { type: 'string', minLength: 1, maxLength: 1_000 },
    withRequired: { type: 'boolean' },
    approvals: { type: 'array', maxItems: 100, items: { type: 'string', minLength: 1, maxLength: 1_000 } },
    parameters: { type: 'object', maxProperties: 100 },
    calledAs: {
      type: 'object',
      additionalProperties: false,
      required: ['organization', 'repository'],
      properties: { organization: name, repository: name },
    },
  },
}

/** Pipelines of `rondo run`: a commit that no branch holds, all of its config or a part. */
export function registerRuns(server: FastifyInstance, ports: WebPorts, auth: Authenticator, access: Access): void {
  server.post('/api/private/runs', { schema: { body } }, async (request, reply) => {
    const asker = await auth.person(request)
    const {
      project: slug,
      revision,
      branch,
      only,
      withRequired,
      approvals,
      parameters,
      calledAs,
    } = request.body as RunRequest
    const project = await access.project(asker, slug, 'contribute')
    const pipeline = await ports.actions.trigger({
      project,
      trigger: 'api',
      actorId: asker.user.id,
      ref: { revision },
      asBranch: branch,
      parameters: parameters ?? {},
      ...(approvals === undefined ? {} : { approvals }),
      ...(calledAs === undefined ? {} : { calledAs }),
      ...(only === undefined ? {} : { only: { name: only, withRequired: withRequired ?? false } }),
    })
    if (pipeline === undefined) throw new AppError('conflict', `Revision ${revision} made no pipeline.`)
    const { id, number, state, errors } = pipeline
    return reply.code(201).send({ id, number, state, errors })
  })
}
