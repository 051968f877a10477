import type { JobPageView } from '@rondo/protocol'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef } from 'react'
import { api, newIntention } from '../../shared/api.ts'

/** Runs a job again that has ended, open for its user's own key, and goes to where it runs. */
export function RerunWithSsh({ page }: { readonly page: JobPageView }) {
  const { job, workflow } = page
  const queries = useQueryClient()
  const navigate = useNavigate()
  const intention = useRef(newIntention())
  const rerun = useMutation({
    mutationFn: () => api.rerun(workflow.id, { jobs: [job.id], enableSsh: true }, intention.current),
    async onSuccess({ workflow_id: id }) {
      intention.current = newIntention()
      await queries.invalidateQueries()
      await navigate({ to: '/workflow/$id', params: { id } })
    },
  })
  if (job.type !== 'build' || workflow.stoppedAt === null) return null
  return (
    <>
      {rerun.error !== null && (
        <span className="problem" role="alert">
          {rerun.error.message}
        </span>
      )}
      <button type="button" disabled={rerun.isPending} onClick={() => rerun.mutate()}>
        Rerun with SSH
      </button>
    </>
  )
}
