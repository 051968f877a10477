import type { PipelineView, WorkflowView } from '@rondo/protocol'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../shared/api.ts'
import { ago, span } from '../../shared/time.ts'
import { Skeleton, StatusBadge, Trouble } from '../../shared/ui.tsx'
import { useLiveQuery, useNow } from '../../shared/use-live.ts'
import { JobGraph } from './job-graph.tsx'
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
  readonly pipeline: PipelineView
  readonly workflows: readonly WorkflowView[]
}) {
  const [tab, setTab] = useState<'jobs' | 'config'>('jobs')
  const now = useNow(workflows.some((workflow) => workflow.stoppedAt === null))
  const { project } = pipeline
  return (
    <>
      <div className="crumbs">
        <Link to="/project/$vcs/$org/$repo" params={{ vcs: 'gh', org: project.organizationName, repo: project.name }}>
          {project.organizationName}/{project.name}
        </Link>
        <span>/</span>
        <Link to="/pipeline/$id" params={{ id: pipeline.id }}>
          #{pipeline.number}
        </Link>
      </div>
      <div className="page-head">
        <h1>{pipeline.subject || `Pipeline ${pipeline.number}`}</h1>
      </div>
      <div className="row-facts">
        <span className="branch">{pipeline.tag ?? pipeline.branch}</span>
        <code>{pipeline.revision.slice(0, 7)}</code>
        <span>{pipeline.authorName}</span>
        <span>{ago(pipeline.createdAt, now)}</span>
      </div>
      <div className="tabs" role="tablist">
        <button type="button" role="tab" aria-selected={tab === 'jobs'} onClick={() => setTab('jobs')}>
          Workflows
        </button>
        <button type="button" role="tab" aria-selected={tab === 'config'} onClick={() => setTab('config')}>
          Config
        </button>
      </div>
      {pipeline.errors.length > 0 && (
        <pre className="error-text">{pipeline.errors.map((error) => error.message).join('\n\n')}</pre>
      )}
      {tab === 'config' ? (
        <ConfigTab id={pipeline.id} />
      ) : (
        workflows.map((workflow) => <WorkflowSection key={workflow.id} workflow={workflow} now={now} />)
      )}
    </>
  )
}

function WorkflowSection({ workflow, now }: { readonly workflow: WorkflowView; readonly now: number }) {
  return (
    <section className="card">
      <div className="card-head">
        <Link to="/workflow/$id" params={{ id: workflow.id }} className="card-title">
          {workflow.name}
        </Link>
        <StatusBadge status={workflow.status} />
        <span className="quiet number">{span(workflow.createdAt, workflow.stoppedAt, now)}</span>
        {workflow.rerunOf !== null && <span className="quiet">rerun</span>}
        <span className="spring" />
        <WorkflowActions workflow={workflow} />
      </div>
      <JobGraph workflow={workflow} now={now} />
    </section>
  )
}

function ConfigTab({ id }: { readonly id: string }) {
  const config = useQuery({ queryKey: ['config', id], queryFn: () => api.config(id) })
  if (config.isPending) return <Skeleton rows={6} />
  if (config.error) return <Trouble error={config.error} />
  return (
    <div className="two-columns">
      <section className="card">
        <div className="card-head">Source</div>
        <pre className="code">{config.data.source}</pre>
      </section>
      <section className="card">
        <div className="card-head">Compiled</div>
        <pre className="code">{config.data.compiled}</pre>
      </section>
    </div>
  )
}
