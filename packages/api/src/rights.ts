import type { OrganizationRole } from '@rondo/model'

/**
 * What an operation may take. `view`: reading builds and what they left. `contribute`: starting, stopping and approving them,
 * pushing, variables, contexts and keys. `administer`: who belongs to the organisation, and what others may do.
 */
export type Right = 'view' | 'contribute' | 'administer'

const rightsOf: Readonly<Record<OrganizationRole, ReadonlySet<Right>>> = {
  member: new Set(['view', 'contribute']),
  admin: new Set(['view', 'contribute', 'administer']),
}

export function permits(role: OrganizationRole, right: Right): boolean {
  return rightsOf[role].has(right)
}
