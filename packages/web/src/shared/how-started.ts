import type { PipelineView, WorkflowView } from '@rondo/protocol'

const causes: Readonly<Record<PipelineView['trigger'], string>> = {
  webhook: 'push',
  explicit: 'API',
  api: 'API',
  scheduled_pipeline: 'schedule',
}

/** What made a pipeline, and who, where that is known: `push by jo`. A schedule goes off by itself, under somebody's name. */
export function howStarted({
  trigger,
  schedule,
  triggeredBy,
}: Pick<PipelineView, 'trigger' | 'schedule' | 'triggeredBy'>): string {
  const cause = schedule === null ? causes[trigger] : `schedule ${schedule}`
  if (triggeredBy === null) return cause
  return `${cause} ${trigger === 'scheduled_pipeline' ? 'as' : 'by'} ${triggeredBy.login}`
}

/** That a workflow is a rerun, and who asked for it; null: it is the first run. */
export function howRerun({
  rerunOf,
  startedBy,
  autoRerunNumber,
  maxAutoReruns,
}: Pick<WorkflowView, 'rerunOf' | 'startedBy' | 'autoRerunNumber' | 'maxAutoReruns'>): string | null {
  if (rerunOf === null) return null
  if (autoRerunNumber > 0) return `automatic rerun ${autoRerunNumber} of ${maxAutoReruns}`
  return startedBy === null ? 'rerun' : `rerun by ${startedBy.login}`
}
