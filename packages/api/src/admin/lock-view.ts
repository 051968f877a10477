import type { LockLine, LockLineEntry } from '@rondo/model'
import type { LockPlaceView, LockView } from '@rondo/protocol'

/** A lock with its line, as it goes out. */
export function lockView({ organizationSlug, key, holder, line, waiting }: LockLine): LockView {
  return {
    organization: organizationSlug,
    key,
    holder: holder === null ? null : placeView(holder),
    line: line.map(placeView),
    waiting,
  }
}

function placeView(entry: LockLineEntry): LockPlaceView {
  return {
    projectSlug: entry.projectSlug,
    pipelineNumber: entry.pipelineNumber,
    workflowId: entry.workflowId,
    workflow: entry.workflowName,
    job: entry.jobName,
    blocked: entry.blocked,
    since: entry.since.toISOString(),
  }
}
