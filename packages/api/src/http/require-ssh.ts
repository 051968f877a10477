import { AppError, type Project, projectSlug } from '@rondo/model'

/** AppError `forbidden` where a project keeps everybody out of its jobs. */
export function requireSsh(project: Project): void {
  if (project.settings.disableSsh)
    throw new AppError(
      'forbidden',
      `SSH into jobs is turned off in ${projectSlug(project)}. Who may configure the project can turn it on: disable_ssh in its settings.`,
    )
}
