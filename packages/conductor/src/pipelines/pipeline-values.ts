import { type GitRevision, type PipelineTrigger, type PipelineValues, type Project, projectSlug } from '@rondo/model'

/** Values of `pipeline.*` for one trigger (semantics 8). The number and id are known before anything is written. */
export function pipelineValues(input: {
  readonly id: string
  readonly number: number
  readonly project: Project
  readonly git: GitRevision
  readonly trigger: PipelineTrigger
  readonly baseRevision: string
  readonly publicUrl: string
  readonly receivedAt: Date
  readonly schedule?: { readonly id: string; readonly name: string }
}): PipelineValues {
  const { project, git } = input
  const repository = `${input.publicUrl}/git/${project.organizationName}/${project.name}`
  return {
    'pipeline.id': input.id,
    'pipeline.number': input.number,
    'pipeline.project.git_url': repository,
    'pipeline.project.type': project.vcsType,
    'pipeline.project.slug': projectSlug(project),
    'pipeline.integration_source': project.vcsType,
    'pipeline.git.tag': git.tag ?? '',
    'pipeline.git.branch': git.branch ?? '',
    'pipeline.git.branch.is_default': git.branch === project.defaultBranch,
    'pipeline.git.revision': git.revision,
    'pipeline.git.base_revision': input.baseRevision,
    'pipeline.git.repo_url': repository,
    'pipeline.git.repo_owner': project.organizationName,
    'pipeline.git.repo_name': project.name,
    'pipeline.git.commit.subject': git.subject,
    'pipeline.git.commit.body': git.body,
    'pipeline.git.commit.author_login': git.authorName,
    'pipeline.git.commit.author_name': git.authorName,
    'pipeline.git.commit.author_email': git.authorEmail,
    'pipeline.trigger_source':
      input.trigger === 'webhook' ? 'webhook' : input.trigger === 'scheduled_pipeline' ? 'scheduled_pipeline' : 'api',
    'pipeline.trigger.type': input.trigger === 'webhook' ? 'github_oauth' : 'api',
    'pipeline.trigger.received_at': input.receivedAt.toISOString(),
    'pipeline.event.name': input.trigger === 'webhook' ? 'push' : 'api',
    'pipeline.event.action': input.trigger === 'webhook' ? 'push' : 'api',
    'pipeline.schedule.name': input.schedule?.name ?? '',
    'pipeline.schedule.id': input.schedule?.id ?? '',
  }
}
