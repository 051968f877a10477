import { AppError, type Organization } from '@rondo/model'
import { type Static, Type } from 'typebox'
import type { WebOptions } from '../../ports.ts'
import { ProjectShape, presentProject } from '../presenters/project.ts'
import { type Route, type RoutePorts, route } from '../route.ts'
import { Id, RepositoryName, Text } from '../shapes.ts'
import { oneself, organizationInPath } from '../subjects.ts'

const OrganizationShape = Type.Object({ id: Id, name: Type.String(), slug: Type.String(), vcs_type: Type.String() })

function presentOrganization({ id, name, vcsType }: Organization): Static<typeof OrganizationShape> {
  return { id, name, slug: `gh/${name}`, vcs_type: vcsType }
}

export function organizationRoutes(
  ports: Pick<RoutePorts, 'accounts' | 'hosting' | 'access'>,
  { publicUrl }: Pick<WebOptions, 'publicUrl'>,
): readonly Route[] {
  const { accounts, access } = ports
  return [
    route({
      method: 'POST',
      path: '/organization',
      summary:
        'Creates an organization, whose administrator the user becomes. An own one of that name is answered as it is.',
      subject: oneself,
      right: 'contribute',
      body: Type.Object({ name: RepositoryName, vcs_type: Type.Optional(Text(20)) }),
      status: 201,
      answer: OrganizationShape,
      handle: async ({ asker, user, body: { name } }) => {
        if ((await accounts.organizationByName('github', name)) === undefined)
          return presentOrganization(await accounts.createOrganization({ vcsType: 'github', name, ownerId: user.id }))
        try {
          return presentOrganization(await access.organization(asker, `gh/${name}`, 'view'))
        } catch (cause) {
          throw new AppError('conflict', `The name ${name} is taken.`, { cause })
        }
      },
    }),
    route({
      method: 'GET',
      path: '/organization/{org-slug-or-id}',
      summary: 'An organization.',
      subject: organizationInPath,
      right: 'view',
      answer: OrganizationShape,
      handle: async ({ subject }) => presentOrganization(subject),
    }),
    route({
      method: 'POST',
      path: '/organization/{org-slug-or-id}/project',
      summary: 'Creates a project with an empty repository. One of that name is answered as it is.',
      subject: organizationInPath,
      right: 'contribute',
      body: Type.Object({ name: RepositoryName }),
      answer: ProjectShape,
      handle: async ({ subject, body: { name } }) => {
        const existing = await accounts.projectByName(subject.vcsType, subject.name, name)
        if (existing !== undefined) return presentProject(existing, publicUrl)
        await ports.hosting.create({ organization: subject.name, name })
        const created = await accounts.createProject({ organizationId: subject.id, name, defaultBranch: 'main' })
        return presentProject(created, publicUrl)
      },
    }),
  ]
}
