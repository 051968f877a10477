import type { LimitView, QueueEntryView, QueuePageView } from '@rondo/protocol'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api } from '../../shared/api.ts'
import { duration } from '../../shared/time.ts'
import { Skeleton, Trouble } from '../../shared/ui.tsx'
import { CancelWaiting } from './cancel-waiting.tsx'
import { Forecasts } from './forecasts.tsx'
import { SetBy } from './set-by.tsx'

/** Both queues: how many wait, who is first and last, what holds them back, and what can be done. */
export function QueueTab() {
  const queries = useQueryClient()
  const queue = useQuery({ queryKey: ['admin', 'queue'], queryFn: api.adminQueue, refetchInterval: 5_000 })
  const act = useMutation({
    mutationFn: (run: () => Promise<unknown>) => run(),
    onSettled: () => queries.invalidateQueries({ queryKey: ['admin'] }),
  })
  if (queue.isPending) return <Skeleton rows={6} />
  if (queue.error) return <Trouble error={queue.error} />
  const { data } = queue
  const blocked = data.limits.some((limit) => isOfEverything(limit) && limit.maxTasks === 0)
  return (
    <>
      <Figures page={data} />
      <div className="actions admin-actions">
        <button
          type="button"
          disabled={act.isPending}
          onClick={() => act.mutate(() => api.setLimit(blocked ? null : 0))}
        >
          {blocked ? 'Let new work go on' : 'Block new work'}
        </button>
        <CancelWaiting />
        {act.error !== null && (
          <span className="problem" role="alert">
            {act.error.message}
          </span>
        )}
      </div>
      <Entries title="First in line" entries={data.head} promote={(id) => act.mutate(() => api.promote(id))} />
      {data.held + data.waiting > data.head.length && <Entries title="Last in line" entries={data.tail} />}
      <Limits limits={data.limits} remove={(limit) => act.mutate(() => api.removeLimit(limit))} />
      <Forecasts forecasts={data.forecasts} />
      {data.agents !== null && <Agents agents={data.agents} />}
    </>
  )
}

function isOfEverything(limit: LimitView): boolean {
  return limit.organization === null && limit.project === null && limit.resourceClass === null
}

function Figures({ page }: { readonly page: QueuePageView }) {
  const figures = [
    [page.noneTakes === null ? 'Free to run' : 'Wait for an agent', String(page.waiting)],
    ['Held back', String(page.held)],
    ['Running', String(page.running)],
    ['Longest wait', page.oldestMs === null ? '–' : duration(page.oldestMs)],
  ]
  return (
    <>
      <dl className="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {page.noneTakes !== null && <p className="tone-bad none-takes">Nothing new starts: {page.noneTakes}.</p>}
    </>
  )
}

function Entries(props: {
  readonly title: string
  readonly entries: readonly QueueEntryView[]
  readonly promote?: (jobId: string) => void
}) {
  const { title, entries, promote } = props
  return (
    <section className="card">
      <div className="card-head">
        <span className="card-title">{title}</span>
      </div>
      {entries.length === 0 && <p className="quiet pad">Nothing waits.</p>}
      {entries.map((entry) => (
        <div key={`${entry.jobId}/${entry.slice}`} className="admin-row acting">
          <Link to="/job/$id" params={{ id: entry.jobId }}>
            {entry.projectSlug.split('/').slice(1).join('/')} <b>{entry.jobName}</b>
            {entry.jobNumber !== null && <span className="quiet"> {entry.jobNumber}</span>}
            {entry.slice > 0 && <span className="quiet"> slice {entry.slice}</span>}
          </Link>
          <span className="quiet">
            {[entry.branch, entry.resourceClass, entry.promoted ? 'promoted' : '', entry.why]
              .filter(Boolean)
              .join(' · ')}
          </span>
          <span className="quiet number">
            {duration(entry.waitedMs)}
            {entry.expectedMs !== null && ` · expected in ${duration(entry.expectedMs)}`}
          </span>
          {promote !== undefined && !entry.promoted && (
            <button type="button" onClick={() => promote(entry.jobId)}>
              Promote
            </button>
          )}
        </div>
      ))}
    </section>
  )
}

function Limits({
  limits,
  remove,
}: {
  readonly limits: readonly LimitView[]
  readonly remove: (limit: LimitView) => void
}) {
  if (limits.length === 0) return null
  return (
    <section className="card">
      <div className="card-head">
        <span className="card-title">Limits</span>
      </div>
      {limits.map((limit) => (
        <div key={`${limit.organization}/${limit.project}/${limit.resourceClass}`} className="admin-row acting">
          <span>{limit.project ?? limit.organization ?? 'Everything'}</span>
          <span className="quiet">{limit.resourceClass ?? 'all classes'}</span>
          <span className="number">
            {limit.maxTasks === 0 ? 'blocked' : `${limit.maxTasks} at once`}
            <SetBy change={limit.lastChange} />
          </span>
          <button type="button" onClick={() => remove(limit)}>
            Remove
          </button>
        </div>
      ))}
    </section>
  )
}

function Agents({ agents }: { readonly agents: NonNullable<QueuePageView['agents']> }) {
  return (
    <section className="card">
      <div className="card-head">
        <span className="card-title">Agents</span>
      </div>
      {agents.length === 0 && <p className="pad">No agent has joined: nothing can run. Start one.</p>}
      {agents.map((agent) => (
        <div key={agent.id} className="admin-row">
          <span>{agent.name}</span>
          <span className="quiet">
            {agent.cpus} CPUs · {agent.executors.join(', ')}
          </span>
          <span className={agent.silentMs > 60_000 || agent.refusal !== null ? 'tone-bad' : 'quiet'}>
            {agent.silentMs > 60_000
              ? `silent for ${duration(agent.silentMs)}`
              : [`${agent.tasks} running`, agent.refusal].filter(Boolean).join(' · ')}
          </span>
        </div>
      ))}
    </section>
  )
}
