import type { PipelineView, WorkflowView } from '@rondo/protocol'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { api } from '../../shared/api.ts'
import { lookOf, pipelineStatus } from '../../shared/status.ts'
import { ago, span } from '../../shared/time.ts'
import { Skeleton, StatusIcon, Trouble } from '../../shared/ui.tsx'
import { useLiveQuery, useNow } from '../../shared/use-live.ts'
import { FirstPush } from './first-push.tsx'

/** Pipelines, newest first, of one project or of all; keeps itself up to date. */
export function PipelineList({ project }: { readonly project?: string }) {
  const { branch } = useSearch({ strict: false })
  const key = ['pipelines', project ?? '', branch ?? '']
  const list = useQuery({ queryKey: key, queryFn: () => api.pipelines({ project, branch }) })
  useLiveQuery({ kind: 'all' }, ['pipelines'])
  const now = useNow(true)
  if (list.isPending) return <Skeleton rows={8} />
  if (list.error) return <Trouble error={list.error} />
  return (
    <>
      <div className="page-head">
        <h1>{project === undefined ? 'Pipelines' : project.split('/').slice(1).join(' / ')}</h1>
        <BranchFilter value={branch ?? ''} />
      </div>
      {list.data.items.length === 0 ? (
        <FirstPush project={project} />
      ) : (
        <div className="rows">
          {list.data.items.map((pipeline) => (
            <PipelineRow key={pipeline.id} pipeline={pipeline} now={now} />
          ))}
        </div>
      )}
    </>
  )
}

function BranchFilter({ value }: { readonly value: string }) {
  const navigate = useNavigate()
  return (
    <input
      className="filter"
      aria-label="Show one branch only"
      placeholder="Branch"
      defaultValue={value}
      onKeyDown={(event) => {
        if (event.key === 'Enter')
          void navigate({ to: '.', search: event.currentTarget.value ? { branch: event.currentTarget.value } : {} })
      }}
    />
  )
}

function PipelineRow({ pipeline, now }: { readonly pipeline: PipelineView; readonly now: number }) {
  const status = pipelineStatus(
    pipeline.state,
    pipeline.workflows.map((workflow) => workflow.status),
  )
  return (
    <article className="row">
      <StatusIcon status={status} size={22} />
      <div className="row-body">
        <Link className="row-title" to="/pipeline/$id" params={{ id: pipeline.id }}>
          {pipeline.subject || 'Pipeline'}
        </Link>
        <div className="row-facts">
          <span>
            {pipeline.project.organizationName}/{pipeline.project.name} <b>#{pipeline.number}</b>
          </span>
          <span className="branch">{pipeline.tag ?? pipeline.branch}</span>
          <code>{pipeline.revision.slice(0, 7)}</code>
          <span>{pipeline.authorName}</span>
        </div>
        {pipeline.errors.length > 0 && (
          <pre className="error-text">{pipeline.errors.map((error) => error.message).join('\n\n')}</pre>
        )}
      </div>
      <div className="row-workflows">
        {pipeline.workflows.map((workflow) => (
          <WorkflowStrip key={workflow.id} workflow={workflow} now={now} />
        ))}
      </div>
      <time className="row-time" dateTime={pipeline.createdAt} title={new Date(pipeline.createdAt).toLocaleString()}>
        {ago(pipeline.createdAt, now)}
      </time>
    </article>
  )
}

/** A workflow as its name, one small bar a job, and its time. */
function WorkflowStrip({ workflow, now }: { readonly workflow: WorkflowView; readonly now: number }) {
  return (
    <Link className="strip" to="/workflow/$id" params={{ id: workflow.id }}>
      <span className="strip-name">
        {workflow.name}
        {workflow.rerunOf !== null && <span className="quiet"> rerun</span>}
      </span>
      <span className="strip-bars" role="img" aria-label={lookOf(workflow.status).word}>
        {workflow.jobs.slice(0, 40).map((job) => (
          <i
            key={job.id}
            className={`tone-${lookOf(job.status).tone}`}
            title={`${job.name}: ${lookOf(job.status).word}`}
          />
        ))}
      </span>
      <span className="strip-time">{span(workflow.createdAt, workflow.stoppedAt, now)}</span>
    </Link>
  )
}
