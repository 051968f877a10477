import type { PipelineView } from '@rondo/protocol'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'

/** What can be done to a pipeline as a whole; nothing where one button of its only workflow does the same. */
export function PipelineActions({ pipeline }: { readonly pipeline: PipelineView }) {
  const queries = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => api.cancelPipeline(pipeline.id),
    onSettled: () => queries.invalidateQueries(),
  })
  const open = pipeline.workflows.filter((workflow) => workflow.stoppedAt === null)
  const toCome = pipeline.state === 'setup' || pipeline.state === 'pending'
  if (open.length < 2 && !(toCome && open.length > 0)) return null
  return (
    <span className="actions">
      {cancel.error !== null && (
        <span className="problem" role="alert">
          {cancel.error.message}
        </span>
      )}
      <button type="button" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
        Cancel pipeline
      </button>
    </span>
  )
}
