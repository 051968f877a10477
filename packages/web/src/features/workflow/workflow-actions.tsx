import type { WorkflowView } from '@rondo/protocol'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'

const ended = new Set(['success', 'failed', 'canceled', 'error', 'unauthorized', 'not_run'])

/** What can be done to a workflow as it stands. */
export function WorkflowActions({ workflow }: { readonly workflow: WorkflowView }) {
  const queries = useQueryClient()
  const act = useMutation({
    mutationFn: (run: () => Promise<unknown>) => run(),
    onSettled: () => queries.invalidateQueries(),
  })
  const waiting = workflow.jobs.filter((job) => job.status === 'on_hold')
  const over = ended.has(workflow.status)
  return (
    <span className="actions">
      {act.error !== null && (
        <span className="problem" role="alert">
          {act.error.message}
        </span>
      )}
      {waiting.map((job) => (
        <button
          key={job.id}
          type="button"
          className="primary"
          disabled={act.isPending}
          onClick={() => act.mutate(() => api.approve(workflow.id, job.id))}
        >
          Approve {job.name}
        </button>
      ))}
      {!over && (
        <button type="button" disabled={act.isPending} onClick={() => act.mutate(() => api.cancel(workflow.id))}>
          Cancel
        </button>
      )}
      {over && workflow.status !== 'success' && (
        <button type="button" disabled={act.isPending} onClick={() => act.mutate(() => api.rerun(workflow.id, true))}>
          Rerun from failed
        </button>
      )}
      {over && (
        <button type="button" disabled={act.isPending} onClick={() => act.mutate(() => api.rerun(workflow.id, false))}>
          Rerun
        </button>
      )}
    </span>
  )
}
