import type { ForecastView } from '@rondo/protocol'
import { duration } from '../../shared/time.ts'

const waitedFor = { room: 'room', limit: 'a limit', lock: 'a lock', jobs: 'other jobs' } as const

/** How far off the first forecasts of starts were within a day, by what the jobs waited for. */
export function Forecasts({ forecasts }: { readonly forecasts: readonly ForecastView[] }) {
  if (forecasts.length === 0) return null
  return (
    <section className="card">
      <div className="card-head">
        <span className="card-title">Forecasts of starts</span>
      </div>
      {forecasts.map(({ kind, jobs, medianErrorMs, p90ErrorMs, medianWaitMs, errorShare }) => (
        <div key={kind} className="admin-row forecast">
          <span>
            Waited for {waitedFor[kind]} <span className="quiet number">{jobs}</span>
          </span>
          <span className="quiet">
            half waited {duration(medianWaitMs)} or less
            {errorShare !== null && ` · errors are ${Math.round(errorShare * 100)} % of all waiting`}
          </span>
          <span className="number">
            off by {duration(medianErrorMs)}, one in ten by more than {duration(p90ErrorMs)}
          </span>
        </div>
      ))}
    </section>
  )
}
