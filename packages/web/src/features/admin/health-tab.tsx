import { useQuery } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'
import { ago } from '../../shared/time.ts'
import { Skeleton, StatusIcon, Trouble } from '../../shared/ui.tsx'
import { useNow } from '../../shared/use-live.ts'

/** What goes on by itself in each server process, and whether any of it has stopped. */
export function HealthTab() {
  const health = useQuery({ queryKey: ['admin', 'health'], queryFn: api.adminHealth, refetchInterval: 5_000 })
  const now = useNow(true)
  if (health.isPending) return <Skeleton rows={6} />
  if (health.error) return <Trouble error={health.error} />
  return (
    <section className="card">
      {health.data.loops.map((loop) => (
        <div key={`${loop.server}/${loop.name}`} className="admin-row">
          <span>
            <StatusIcon status={loop.late ? 'failed' : loop.gone ? 'not_run' : 'success'} size={14} /> {loop.name}
            <span className="quiet"> {loop.server}</span>
          </span>
          <span className={loop.problem === null ? 'quiet' : 'tone-bad'}>
            {loop.problem === null
              ? loop.late
                ? 'has stopped'
                : loop.gone
                  ? 'its server was ended; another goes on with it'
                  : ''
              : `${loop.problem} (${ago(loop.failedAt ?? loop.roundAt, now)})`}
          </span>
          <span className="quiet number">
            {ago(loop.roundAt, now)} · {loop.tookMs} ms
          </span>
        </div>
      ))}
    </section>
  )
}
