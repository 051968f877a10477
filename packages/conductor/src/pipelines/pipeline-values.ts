import {
  type GitRevision,
  type PipelineTrigger,
  type PipelineValues,
  type Project,
  projectSlug,
  toldBranch,
} from '@rondo/model'

/** What triggered a pipeline, as its config is told. No event here has sub-types, so its action is its name. */
const origins: Readonly<Record<PipelineTrigger, Readonly<Record<'source' | 'type' | 'event', string>>>> = {
  webhook: { source: 'webhook', type: 'github_oauth', event: 'push' },
  explicit: { source: 'api', type: 'api', event: 'api' },
  api: { source: 'api', type: 'api', event: 'api' },
  scheduled_pipeline: { source: 'scheduled_pipeline', type: 'schedule', event: 'schedule' },
}

/** Values of `pipeline.*` for one trigger (semantics 8). The number and id are known before anything is written. */
export function pipelineValues(input: {
  readonly id: string
  readonly number: number
  readonly project: Pick<Project, 'vcsType' | 'organizationName' | 'name' | 'defaultBranch'>
  readonly git: GitRevision
  readonly trigger: PipelineTrigger
  readonly baseRevision: string
  readonly publicUrl: string
  readonly receivedAt: Date
  readonly schedule?: { readonly id: string; readonly name: string }
}): PipelineValues {
  const { project, git } = input
  const branch = toldBranch(git)
  const names = git.calledAs ?? { organization: project.organizationName, repository: project.name }
  const origin = origins[input.trigger]
  const repository = `${input.publicUrl}/git/${project.organizationName}/${project.name}`
  return {
    'pipeline.id': input.id,
    'pipeline.number': input.number,
    'pipeline.project.git_url': repository,
    'pipeline.project.type': project.vcsType,
    'pipeline.project.slug': projectSlug({ ...project, organizationName: names.organization, name: names.repository }),
    'pipeline.integration_source': project.vcsType,
    'pipeline.git.tag': git.tag ?? '',
    'pipeline.git.branch': branch ?? '',
    'pipeline.git.branch.is_default': branch === project.defaultBranch,
    'pipeline.git.revision': git.revision,
    'pipeline.git.base_revision': input.baseRevision,
    'pipeline.git.repo_url': repository,
    'pipeline.git.repo_owner': names.organization,
    'pipeline.git.repo_name': names.repository,
    'pipeline.git.commit.subject': git.subject,
    'pipeline.git.commit.body': git.body,
    'pipeline.git.commit.author_login': git.authorName,
    'pipeline.git.commit.author_name': git.authorName,
    'pipeline.git.commit.author_email': git.authorEmail,
    'pipeline.trigger_source': origin.source,
    'pipeline.trigger.type': origin.type,
    'pipeline.trigger.received_at': input.receivedAt.toISOString(),
    'pipeline.event.name': origin.event,
    'pipeline.event.action': origin.event,
    'pipeline.schedule.name': input.schedule?.name ?? '',
    'pipeline.schedule.id': input.schedule?.id ?? '',
  }
}
