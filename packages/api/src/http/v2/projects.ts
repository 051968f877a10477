import type { WebOptions } from '../../ports.ts'
import { ProjectShape, presentProject } from '../presenters/project.ts'
import { type Route, route } from '../route.ts'
import { projectInPath } from '../subjects.ts'

export function projectRoutes({ publicUrl }: Pick<WebOptions, 'publicUrl'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/project/{project-slug}',
      summary: 'A project.',
      subject: projectInPath,
      right: 'view',
      answer: ProjectShape,
      handle: async ({ subject }) => presentProject(subject, publicUrl),
    }),
  ]
}
