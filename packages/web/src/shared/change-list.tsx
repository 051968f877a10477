import { useInfiniteQuery } from '@tanstack/react-query'
import { api } from './api.ts'
import { ago } from './time.ts'
import { Skeleton, Trouble } from './ui.tsx'
import { useNow } from './use-live.ts'
import './change-list.css'

/** What happened to the installation (`of` is empty), an organisation or a project, newest first: when, where, what, why and by whom. */
export function ChangeList({ of }: { readonly of: string }) {
  const changes = useInfiniteQuery({
    queryKey: ['changes', of],
    queryFn: ({ pageParam }) => api.changes(of, pageParam),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    refetchInterval: 10_000,
  })
  const now = useNow(true)
  if (changes.isPending) return <Skeleton rows={8} />
  if (changes.error) return <Trouble error={changes.error} />
  const ofProject = of.split('/').length > 2
  const events = changes.data.pages.flatMap((page) => page.items)
  return (
    <section className="card" aria-label="History">
      {events.length === 0 && (
        <p className="quiet pad">
          {ofProject
            ? 'The project has had no pipeline, and nothing of it was changed.'
            : 'No limit, block, promotion, setting, token, agent or orb was changed here. What pipelines came of stands in the history of their project.'}
        </p>
      )}
      <ol className={`changes${ofProject ? ' of-project' : ''}`}>
        {events.map((event) => (
          <li key={event.id}>
            <time dateTime={event.at} title={new Date(event.at).toLocaleString()}>
              {ago(event.at, now)}
            </time>
            {!ofProject && (
              <span className="change-place">
                {event.place ?? <span className="quiet">installation</span>}
                {event.job !== null && <span className="quiet"> {event.job}</span>}
              </span>
            )}
            <span className="change-what">
              {event.what}
              <span className="quiet"> by {event.who ?? 'Rondo'}</span>
              {event.why !== null && <span className="change-why">{event.why}</span>}
            </span>
          </li>
        ))}
      </ol>
      {changes.hasNextPage && (
        <button type="button" className="older" onClick={() => void changes.fetchNextPage()}>
          What came before
        </button>
      )}
    </section>
  )
}
