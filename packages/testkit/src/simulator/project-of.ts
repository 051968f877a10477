import { defaultProjectSettings, type Project } from '@rondo/model'
import type { Home } from './surroundings.ts'

/** The project of a home, as users and schedules name it. */
export function projectOf(home: Home, autocancelBuilds = false): Project {
  return {
    id: home.projectId,
    organizationId: home.organizationId,
    vcsType: 'github',
    organizationName: 'organisation',
    name: 'app',
    defaultBranch: 'main',
    settings: { ...defaultProjectSettings, autocancelBuilds, setupWorkflows: true },
    createdAt: new Date(0),
  }
}
