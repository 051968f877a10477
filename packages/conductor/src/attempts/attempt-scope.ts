import type { AttemptIdentity, NewEvent } from '@rondo/model'

/** Whom an event about an attempt belongs to. */
export function attemptScope(identity: AttemptIdentity): Omit<NewEvent, 'kind'> {
  const { organizationId, projectId, pipelineId, workflowId, jobId } = identity
  return { organizationId, projectId, pipelineId, workflowId, jobId }
}
