import type { OrganizationRole, ProjectTokenScope } from '@rondo/model'

/**
 * What an operation may take (ledger I-065). `view`: reading builds and what they left. `contribute`: starting, stopping and
 * approving them, and pushing. `configure`: variables, contexts, keys, schedules, webhooks and settings. `administer`: who
 * belongs to the organisation, what others may do, and ending what they share.
 */
export type Right = 'view' | 'contribute' | 'configure' | 'administer'

const rightsOfRoles: Readonly<Record<OrganizationRole, ReadonlySet<Right>>> = {
  reader: new Set(['view']),
  writer: new Set(['view', 'contribute', 'configure']),
  admin: new Set(['view', 'contribute', 'configure', 'administer']),
}

const rightsOfScopes: Readonly<Record<ProjectTokenScope, ReadonlySet<Right>>> = {
  status: new Set(),
  'view-builds': new Set(['view']),
  all: new Set(['view', 'contribute', 'configure']),
}

export function permits(role: OrganizationRole, right: Right): boolean {
  return rightsOfRoles[role].has(right)
}

export function scopePermits(scope: ProjectTokenScope, right: Right): boolean {
  return rightsOfScopes[scope].has(right)
}
