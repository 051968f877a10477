import { AppError, type EngineTransaction, type NewJob, type Step } from '@rondo/model'

/**
 * AppError `conflict` when jobs of a rerun attach what a kept job put into the workspace, and retention has taken that: they would
 * find nothing, and fail for a reason nobody sees.
 */
export async function needWorkspace(
  tx: EngineTransaction,
  projectId: string,
  jobs: readonly Pick<NewJob, 'name' | 'keptFrom' | 'plan'>[],
): Promise<void> {
  const attaching = jobs.find((job) => job.keptFrom === null && hasStep(job, 'attach_workspace'))
  const persisting = jobs.filter((job) => job.keptFrom !== null && hasStep(job, 'persist_to_workspace'))
  if (attaching === undefined || persisting.length === 0) return
  const taken = new Set(
    await tx.takenWorkspaces(
      projectId,
      persisting.map((job) => job.keptFrom!),
    ),
  )
  const gone = persisting.find((job) => taken.has(job.keptFrom!))
  if (gone === undefined) return
  throw new AppError(
    'conflict',
    `Job ${attaching.name} attaches the workspace, and what ${gone.name} put into it is older than workspaces are kept and was removed. Rerun the workflow from the start.`,
  )
}

function hasStep({ plan }: Pick<NewJob, 'plan'>, type: Step['type']): boolean {
  return plan?.steps.some((step) => step.type === type) ?? false
}
