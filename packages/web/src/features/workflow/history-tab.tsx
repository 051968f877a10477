import type { PipelineEventView } from '@rondo/protocol'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../shared/api.ts'
import { span } from '../../shared/time.ts'
import { Skeleton, Trouble } from '../../shared/ui.tsx'
import { useLiveQuery } from '../../shared/use-live.ts'
import './history-tab.css'

/** Everything that happened to a pipeline: when, to what, what, why, and by whom when somebody asked for it. */
export function HistoryTab({ id, createdAt }: { readonly id: string; readonly createdAt: string }) {
  const [steps, setSteps] = useState(false)
  const queryKey = ['history', id]
  const history = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => api.history(id, pageParam),
    initialPageParam: '',
    getNextPageParam: (page) => page.next ?? undefined,
  })
  useLiveQuery({ kind: 'pipeline', id }, queryKey)
  if (history.isPending) return <Skeleton rows={8} />
  if (history.error) return <Trouble error={history.error} />
  const events = history.data.pages.flatMap((page) => page.items)
  return (
    <section className="card">
      <div className="card-head">
        <span className="card-title">History</span>
        <span className="spring" />
        <label className="check">
          <input type="checkbox" checked={steps} onChange={(event) => setSteps(event.target.checked)} />
          Steps
        </label>
      </div>
      <ol className="history">
        {events
          .filter((event) => steps || !event.kind.startsWith('step.'))
          .map((event) => (
            <Entry key={event.id} event={event} createdAt={createdAt} />
          ))}
      </ol>
      {history.hasNextPage && (
        <button type="button" className="older" onClick={() => void history.fetchNextPage()}>
          Later events
        </button>
      )}
    </section>
  )
}

function Entry({ event, createdAt }: { readonly event: PipelineEventView; readonly createdAt: string }) {
  return (
    <li>
      <time dateTime={event.at} title={new Date(event.at).toLocaleString()}>
        +{span(createdAt, event.at, 0)}
      </time>
      <span className="history-place">{[event.workflow, event.job].filter(Boolean).join(' / ')}</span>
      <span className="history-what">
        {event.what}
        {event.who !== null && <span className="quiet"> by {event.who}</span>}
        {event.why !== null && <span className="history-why">{event.why}</span>}
      </span>
    </li>
  )
}
