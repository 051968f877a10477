import { type Project, projectSlug } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { Id } from '../shapes.ts'

export const ProjectShape = Type.Object({
  id: Id,
  slug: Type.String(),
  name: Type.String(),
  organization_name: Type.String(),
  organization_slug: Type.String(),
  organization_id: Id,
  vcs_info: Type.Object({ vcs_url: Type.String(), provider: Type.String(), default_branch: Type.String() }),
})

export function presentProject(project: Project, publicUrl: string): Static<typeof ProjectShape> {
  return {
    id: project.id,
    slug: projectSlug(project),
    name: project.name,
    organization_name: project.organizationName,
    organization_slug: projectSlug(project).split('/').slice(0, 2).join('/'),
    organization_id: project.organizationId,
    vcs_info: {
      vcs_url: repositoryUrl(project, publicUrl),
      provider: 'GitHub',
      default_branch: project.defaultBranch,
    },
  }
}

/** Where the built-in hosting serves the project's repository. */
export function repositoryUrl(project: Project, publicUrl: string): string {
  return `${publicUrl}/git/${project.organizationName}/${project.name}`
}
