import type { AgentView } from '@rondo/protocol'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api } from '../../shared/api.ts'
import { ago } from '../../shared/time.ts'
import { Skeleton, StatusIcon, Trouble } from '../../shared/ui.tsx'
import { useNow } from '../../shared/use-live.ts'

const icons = {
  ready: 'success',
  draining: 'on_hold',
  drained: 'canceled',
  closed: 'on_hold',
  unreachable: 'failed',
} as const

/** The machines that run tasks: how each stands, what it runs, and whether it takes more. */
export function AgentsTab() {
  const queries = useQueryClient()
  const agents = useQuery({ queryKey: ['admin', 'agents'], queryFn: api.adminAgents, refetchInterval: 3_000 })
  const direct = useMutation({
    mutationFn: ({ id, verb }: { id: string; verb: 'drain' | 'resume' }) => api.directAgent(id, verb),
    onSettled: () => queries.invalidateQueries({ queryKey: ['admin'] }),
  })
  const now = useNow(true)
  if (agents.isPending) return <Skeleton rows={4} />
  if (agents.error) return <Trouble error={agents.error} />
  const all = agents.data.agents
  return (
    <>
      {direct.error !== null && (
        <p className="problem" role="alert">
          {direct.error.message}
        </p>
      )}
      {all.length === 0 && <p className="pad">No agent has joined: nothing can run. Start one.</p>}
      {all.map((agent) => (
        <section key={agent.id} className="card" aria-label={agent.name}>
          <AgentHead
            agent={agent}
            disabled={direct.isPending}
            direct={(verb) => direct.mutate({ id: agent.id, verb })}
          />
          {agent.faults.map((fault) => (
            <p key={fault} className="problem">
              {fault}
            </p>
          ))}
          {agent.running.length === 0 && <p className="quiet pad">Runs nothing.</p>}
          {agent.running.map((task) => (
            <div key={`${task.jobId}/${task.slice}`} className="admin-row">
              <Link to="/job/$id" params={{ id: task.jobId }}>
                {task.projectSlug.split('/').slice(1).join('/')} <b>{task.jobName}</b>
              </Link>
              <span className="quiet">
                {[task.slice > 0 ? `slice ${task.slice}` : '', task.held ? 'failed, kept for its owner' : '']
                  .filter(Boolean)
                  .join(' · ')}
              </span>
              <span className="quiet number">{ago(task.since, now)}</span>
            </div>
          ))}
        </section>
      ))}
    </>
  )
}

function AgentHead(props: {
  readonly agent: AgentView
  readonly disabled: boolean
  readonly direct: (verb: 'drain' | 'resume') => void
}) {
  const { agent, disabled, direct } = props
  const draining = agent.drainingSince !== null
  return (
    <div className="card-head agent-head">
      <StatusIcon status={icons[agent.state]} size={16} />
      <span className="card-title">{agent.name}</span>
      <span className={agent.state === 'unreachable' ? 'tone-bad' : 'quiet'}>{agent.status}</span>
      <span className="quiet">
        {[agent.hostname, `${agent.cpus} CPUs`, `${Math.round(agent.memoryMb / 1024)} GB`, agent.executors.join(', ')]
          .filter(Boolean)
          .join(' · ')}
      </span>
      <span className="spring" />
      <button type="button" disabled={disabled} onClick={() => direct(draining ? 'resume' : 'drain')}>
        {draining ? 'Resume' : 'Drain'}
      </button>
    </div>
  )
}
