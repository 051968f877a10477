import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, type QueueFilter } from '../../shared/api.ts'

/** Cancels waiting builds that match, after saying how many there are; a hundred at a time. */
export function CancelWaiting() {
  const queries = useQueryClient()
  const [asked, setAsked] = useState<QueueFilter>()
  const look = useMutation({ mutationFn: (filter: QueueFilter) => api.cancelWaiting(filter, true) })
  const cancel = useMutation({
    mutationFn: (filter: QueueFilter) => api.cancelWaiting(filter, false),
    onSuccess: (_answer, filter) => look.mutate(filter),
    onSettled: () => queries.invalidateQueries({ queryKey: ['admin'] }),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const filter = Object.fromEntries(
      ['project', 'branch'].flatMap((name) => (form.get(name) ? [[name, String(form.get(name))]] : [])),
    )
    setAsked(filter)
    look.mutate(filter)
  }
  const problem = look.error ?? cancel.error
  return (
    <form className="cancel-form" onSubmit={submit}>
      <input name="project" placeholder="gh/org/project" aria-label="Project" />
      <input name="branch" placeholder="branch" aria-label="Branch" />
      <button type="submit">Count waiting builds</button>
      {look.data !== undefined && asked !== undefined && (
        <>
          <span role="status">{look.data.matching} match</span>
          {look.data.matching > 0 && (
            <button type="button" disabled={cancel.isPending} onClick={() => cancel.mutate(asked)}>
              Cancel {Math.min(100, look.data.matching)}
            </button>
          )}
        </>
      )}
      {problem !== null && (
        <span className="problem" role="alert">
          {problem.message}
        </span>
      )}
    </form>
  )
}
