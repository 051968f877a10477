import type { WorkflowView } from '@rondo/protocol'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api, newIntention } from '../../shared/api.ts'
import { RerunJobs } from './rerun-jobs.tsx'

const ended = new Set(['success', 'failed', 'canceled', 'error', 'unauthorized', 'not_run'])

/** What can be done to a workflow as it stands. */
export function WorkflowActions(props: {
  readonly workflow: WorkflowView
  /** Where what they are about has to be said, as on the page of one of its jobs. */
  readonly elsewhere?: boolean
}) {
  const { workflow, elsewhere = false } = props
  const queries = useQueryClient()
  const [choosing, setChoosing] = useState(false)
  // One until something was done, so that two clicks at once are one.
  const intention = useRef(newIntention())
  const act = useMutation({
    mutationFn: (run: (intention: string) => Promise<unknown>) => run(intention.current),
    onSuccess: () => {
      intention.current = newIntention()
      setChoosing(false)
    },
    onSettled: () => queries.invalidateQueries(),
  })
  const rerun = (what: Parameters<typeof api.rerun>[1]) => act.mutate((key) => api.rerun(workflow.id, what, key))
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
          onClick={() => act.mutate((key) => api.approve(workflow.id, job.id, key))}
        >
          Approve {job.name}
        </button>
      ))}
      {!over && (
        <button type="button" disabled={act.isPending} onClick={() => act.mutate(() => api.cancel(workflow.id))}>
          {elsewhere ? 'Cancel workflow' : 'Cancel'}
        </button>
      )}
      {over && workflow.status !== 'success' && (
        <button type="button" disabled={act.isPending} onClick={() => rerun({ fromFailed: true })}>
          Rerun from failed
        </button>
      )}
      {over && (
        <button type="button" disabled={act.isPending} onClick={() => rerun({ fromFailed: false })}>
          Rerun
        </button>
      )}
      {over && workflow.jobs.length > 1 && (
        <button type="button" aria-expanded={choosing} onClick={() => setChoosing(!choosing)}>
          Rerun jobs…
        </button>
      )}
      {choosing && over && (
        <RerunJobs jobs={workflow.jobs} disabled={act.isPending} rerun={(jobs) => rerun({ jobs })} />
      )}
    </span>
  )
}
