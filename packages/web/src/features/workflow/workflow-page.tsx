import type { PipelinePageView, WorkflowView } from '@rondo/protocol'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { api } from '../../shared/api.ts'
import { Crumbs } from '../../shared/crumbs.tsx'
import { howRerun, howStarted } from '../../shared/how-started.ts'
import { Tabs } from '../../shared/tabs.tsx'
import { ago, span } from '../../shared/time.ts'
import { Skeleton, StatusBadge, Trouble } from '../../shared/ui.tsx'
import { useLiveQuery, useNow } from '../../shared/use-live.ts'
import { JobWait, waiting } from '../job/job-wait.tsx'
import { ConfigTab } from './config-tab.tsx'
import { HistoryTab } from './history-tab.tsx'
import { JobGraph } from './job-graph.tsx'
import { PipelineActions } from './pipeline-actions.tsx'
import { ProblemList } from './problem-list.tsx'
import { WorkflowActions } from './workflow-actions.tsx'

export function PipelinePage({ id }: { readonly id: string }) {
  const pipeline = useQuery({ queryKey: ['pipeline', id], queryFn: () => api.pipeline(id) })
  useLiveQuery({ kind: 'pipeline', id }, ['pipeline', id])
  if (pipeline.isPending) return <Skeleton rows={6} />
  if (pipeline.error) return <Trouble error={pipeline.error} />
  return <PipelineDetails pipeline={pipeline.data} workflows={pipeline.data.workflows} />
}

export function WorkflowPage({ id }: { readonly id: string }) {
  const page = useQuery({ queryKey: ['workflow', id], queryFn: () => api.workflow(id) })
  useLiveQuery({ kind: 'workflow', id }, ['workflow', id])
  if (page.isPending) return <Skeleton rows={6} />
  if (page.error) return <Trouble error={page.error} />
  return <PipelineDetails pipeline={page.data.pipeline} workflows={[page.data.workflow]} />
}

function PipelineDetails({
  pipeline,
  workflows,
}: {
  readonly pipeline: PipelinePageView
  readonly workflows: readonly WorkflowView[]
}) {
  const { view = 'workflows' } = useSearch({ strict: false })
  const navigate = useNavigate()
  const now = useNow(workflows.some((workflow) => workflow.stoppedAt === null))
  return (
    <>
      <Crumbs pipeline={pipeline} />
      <div className="page-head">
        <h1>{pipeline.subject || `Pipeline ${pipeline.number}`}</h1>
        <span className="spring" />
        <PipelineActions pipeline={pipeline} />
      </div>
      <div className="row-facts">
        <span className="cause">{howStarted(pipeline)}</span>
        <span className="branch">{pipeline.tag ?? pipeline.branch ?? 'no branch'}</span>
        <code>{pipeline.revision.slice(0, 7)}</code>
        {pipeline.authorName !== '' && <span>commit by {pipeline.authorName}</span>}
        <span>{ago(pipeline.createdAt, now)}</span>
      </div>
      <Tabs
        chosen={view}
        choose={(name) => void navigate({ to: '.', search: { view: name }, replace: true })}
        tabs={[
          { name: 'workflows', label: 'Workflows' },
          { name: 'config', label: 'Config' },
          { name: 'history', label: 'History' },
        ]}
      />
      <ProblemList severity="error" messages={pipeline.errors.map(({ message }) => message)} />
      {view !== 'history' && (
        <ProblemList severity="warning" messages={pipeline.warnings.map(({ message }) => message)} />
      )}
      {view === 'config' && <ConfigTab id={pipeline.id} />}
      {view === 'history' && <HistoryTab id={pipeline.id} createdAt={pipeline.createdAt} />}
      {view === 'workflows' &&
        workflows.map((workflow) => <WorkflowSection key={workflow.id} workflow={workflow} now={now} />)}
    </>
  )
}

/** So many waiting jobs of a workflow are explained below its graph. */
const mostWaits = 5

function WorkflowSection({ workflow, now }: { readonly workflow: WorkflowView; readonly now: number }) {
  const rerun = howRerun(workflow)
  return (
    <section className="card">
      <div className="card-head">
        <Link to="/workflow/$id" params={{ id: workflow.id }} className="card-title">
          {workflow.name}
        </Link>
        <StatusBadge status={workflow.status} />
        <span className="quiet number">{span(workflow.createdAt, workflow.stoppedAt, now)}</span>
        {rerun !== null && <span className="quiet">{rerun}</span>}
        <span className="spring" />
        <WorkflowActions workflow={workflow} />
      </div>
      <JobGraph workflow={workflow} now={now} />
      <div className="waits">
        {workflow.jobs
          .filter((job) => job.status !== 'blocked' && waiting.has(job.status))
          .slice(0, mostWaits)
          .map((job) => (
            <JobWait key={job.id} id={job.id} name={job.name} />
          ))}
      </div>
    </section>
  )
}
