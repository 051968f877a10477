import { type Pipeline, type Project, projectSlug, type User } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { Id, Nullable, Time, Words } from '../shapes.ts'
import { repositoryUrl } from './project.ts'
import { systemActor } from './system-actor.ts'

const states = ['created', 'errored', 'setup-pending', 'setup', 'pending'] as const
const errorTypes = ['config', 'config-fetch', 'timeout', 'permission', 'other', 'trigger-rule', 'plan'] as const
const triggers = ['scheduled_pipeline', 'explicit', 'api', 'webhook'] as const

export const PipelineShape = Type.Object({
  id: Id,
  number: Type.Integer(),
  project_slug: Type.String(),
  created_at: Time,
  updated_at: Time,
  state: Words(states),
  errors: Type.Array(Type.Object({ type: Words(errorTypes), message: Type.String() })),
  warnings: Type.Array(Type.Object({ type: Type.String(), message: Type.String() })),
  trigger: Type.Object({
    type: Words(triggers),
    received_at: Time,
    actor: Type.Object({ login: Type.String(), avatar_url: Nullable(Type.String()) }),
  }),
  trigger_parameters: Type.Record(Type.String(), Type.Unknown()),
  vcs: Type.Object({
    provider_name: Type.String(),
    origin_repository_url: Type.String(),
    target_repository_url: Type.String(),
    revision: Type.String(),
    branch: Type.Optional(Type.String()),
    tag: Type.Optional(Type.String()),
    commit: Type.Object({ subject: Type.String(), body: Type.String() }),
  }),
})

export function presentPipeline(
  pipeline: Pipeline,
  project: Project,
  actor: User | undefined,
  publicUrl: string,
): Static<typeof PipelineShape> {
  const { git } = pipeline
  const url = repositoryUrl(project, publicUrl)
  return {
    id: pipeline.id,
    number: pipeline.number,
    project_slug: projectSlug(project),
    created_at: pipeline.createdAt,
    updated_at: pipeline.updatedAt,
    state: pipeline.state,
    errors: pipeline.errors.map(({ type, message }) => ({ type, message })),
    warnings: pipeline.warnings.map(({ type, message }) => ({ type, message })),
    trigger: {
      type: pipeline.trigger,
      received_at: pipeline.triggeredAt,
      actor: { login: actor?.login ?? systemActor.login, avatar_url: null },
    },
    trigger_parameters: {},
    vcs: {
      provider_name: 'GitHub',
      origin_repository_url: url,
      target_repository_url: url,
      revision: git.revision,
      ...(git.branch === null ? {} : { branch: git.branch }),
      ...(git.tag === null ? {} : { tag: git.tag }),
      commit: { subject: git.subject, body: git.body },
    },
  }
}

/** The short form in which a trigger answers. */
export const TriggeredShape = Type.Object({ id: Id, number: Type.Integer(), state: Words(states), created_at: Time })

export function presentTriggered(pipeline: Pipeline): Static<typeof TriggeredShape> {
  return { id: pipeline.id, number: pipeline.number, state: pipeline.state, created_at: pipeline.createdAt }
}
