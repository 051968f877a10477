import type { WalkValues } from './walk.ts'

/** What of a test's world the names are taken from. */
export interface NamedThings {
  readonly owner: {
    readonly user: { readonly id: string }
    readonly organization: { readonly id: string; readonly name: string }
  }
  readonly slug: string
  readonly job: { readonly id: string }
  readonly ids: Readonly<Record<'pipeline' | 'workflow' | 'context' | 'approval' | 'schedule', string>>
}

/** For every parameter of every route, something of the owner's. */
export function ownersNames({ owner, slug, ids, job }: NamedThings): WalkValues {
  return {
    params: {
      'project-slug': slug,
      'org-slug-or-id': `gh/${owner.organization.name}`,
      id: ids.workflow,
      'pipeline-id': ids.pipeline,
      'context-id': ids.context,
      'schedule-id': ids.schedule,
      'workflow-name': 'main',
      'job-id': job.id,
      'job-number': '1',
      'pipeline-number': '1',
      approval_request_id: ids.approval,
      name: 'TOKEN',
      'env-var-name': 'TOKEN',
      branch: 'main',
      'restriction-id': '00000000-0000-4000-8000-000000000000',
      fingerprint: '00:00',
      'allow-list-entry-id': '00000000-0000-4000-8000-000000000000',
      'token-id': '00000000-0000-4000-8000-000000000000',
    },
    query: { 'owner-id': owner.organization.id },
  }
}
