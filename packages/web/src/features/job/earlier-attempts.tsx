import { useQuery } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'
import { span } from '../../shared/time.ts'
import { StatusBadge } from '../../shared/ui.tsx'
import { StepList } from './step-list.tsx'

/** Tries that came before the one that is shown, each with the steps and output it got to. */
export function EarlierAttempts({ id, now }: { readonly id: string; readonly now: number }) {
  const attempts = useQuery({ queryKey: ['attempts', id], queryFn: () => api.attempts(id) })
  const items = attempts.data?.items ?? []
  const newest = new Map(items.toReversed().map((attempt) => [attempt.slice, attempt.number]))
  const earlier = items.filter((attempt) => attempt.number !== newest.get(attempt.slice))
  if (earlier.length === 0) return null
  return (
    <>
      {earlier.map((attempt) => (
        <details key={attempt.id} className="card pad">
          <summary>
            Attempt {attempt.number} of slice {attempt.slice} on {attempt.agent} <StatusBadge status={attempt.status} />{' '}
            <span className="quiet number">{span(attempt.claimedAt, attempt.finishedAt, now)}</span>
          </summary>
          {attempt.steps.length === 0 ? (
            <p className="quiet">It ended before its first step.</p>
          ) : (
            <StepList steps={attempt.steps} now={now} />
          )}
        </details>
      ))}
    </>
  )
}
