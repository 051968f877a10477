import type { PipelineView, WorkflowView } from '@rondo/protocol'
import { Link } from '@tanstack/react-router'
import { howRerun, howStarted } from '../../shared/how-started.ts'
import { lookOf, pipelineStatus } from '../../shared/status.ts'
import { ago, span } from '../../shared/time.ts'
import { StatusIcon } from '../../shared/ui.tsx'

const mostBars = 40

/** A pipeline in a line: how it stands, what it is of, and a strip for each workflow. */
export function PipelineRow({ pipeline, now }: { readonly pipeline: PipelineView; readonly now: number }) {
  const status = pipelineStatus(
    pipeline.state,
    pipeline.workflows.map((workflow) => workflow.status),
  )
  return (
    <article className="row">
      <StatusIcon status={status} size={22} />
      <div className="row-body">
        <Link className="row-title" to="/pipeline/$id" params={{ id: pipeline.id }} data-nav>
          {pipeline.subject || `Pipeline ${pipeline.number}`}
        </Link>
        <div className="row-facts">
          <span>
            {pipeline.project.organizationName}/{pipeline.project.name} <b>#{pipeline.number}</b>
          </span>
          <span className="cause">{howStarted(pipeline)}</span>
          <span className="branch">{pipeline.tag ?? pipeline.branch ?? 'no branch'}</span>
          <code>{pipeline.revision.slice(0, 7)}</code>
          {pipeline.authorName !== '' && <span>commit by {pipeline.authorName}</span>}
        </div>
        {pipeline.errors.length > 0 && <Reasons errors={pipeline.errors.map((error) => error.message)} />}
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

/** Why there is no workflow: the first line of each reason; the pipeline's own page has the pictures. */
function Reasons({ errors }: { readonly errors: readonly string[] }) {
  const shown = errors.slice(0, 3)
  return (
    <ul className="row-reasons">
      {shown.map((message) => (
        <li key={message}>{message.split('\n')[0]}</li>
      ))}
      {errors.length > shown.length && <li className="quiet">and {errors.length - shown.length} more</li>}
    </ul>
  )
}

/** A workflow as its name, one small bar a job, and its time. */
function WorkflowStrip({ workflow, now }: { readonly workflow: WorkflowView; readonly now: number }) {
  const rerun = howRerun(workflow)
  return (
    <Link className="strip" to="/workflow/$id" params={{ id: workflow.id }}>
      <span className="strip-name" title={rerun ?? undefined}>
        {workflow.name}
        {rerun !== null && <span className="quiet"> {rerun}</span>}
      </span>
      <span className="strip-bars" role="img" aria-label={lookOf(workflow.status).word}>
        {workflow.jobs.slice(0, mostBars).map((job) => (
          <i
            key={job.id}
            className={`tone-${lookOf(job.status).tone}`}
            title={`${job.name}: ${lookOf(job.status).word}`}
          />
        ))}
        {workflow.jobs.length > mostBars && <span className="quiet">+{workflow.jobs.length - mostBars}</span>}
      </span>
      <span className="strip-time">{span(workflow.createdAt, workflow.stoppedAt, now)}</span>
    </Link>
  )
}
