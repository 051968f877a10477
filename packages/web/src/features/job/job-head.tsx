import type { JobPageView } from '@rondo/protocol'
import { Crumbs } from '../../shared/crumbs.tsx'
import { duration, span } from '../../shared/time.ts'
import { StatusBadge } from '../../shared/ui.tsx'
import { WorkflowActions } from '../workflow/workflow-actions.tsx'
import { RerunWithSsh } from './rerun-with-ssh.tsx'

/** What a job is of, how it stands, and what can be done about it. */
export function JobHead({ page, now }: { readonly page: JobPageView; readonly now: number }) {
  const { job, workflow, pipeline } = page
  return (
    <>
      <Crumbs pipeline={pipeline} workflow={workflow} />
      <div className="page-head">
        <h1>{job.name}</h1>
        <StatusBadge status={job.status} />
        <span className="quiet number">{span(job.startedAt, job.stoppedAt, now)}</span>
        <span className="spring" />
        <RerunWithSsh page={page} />
        <WorkflowActions workflow={workflow} elsewhere />
      </div>
      <div className="row-facts">
        {job.number !== null && <span>Build {job.number}</span>}
        <span className="branch">{pipeline.tag ?? pipeline.branch ?? 'no branch'}</span>
        <code>{pipeline.revision.slice(0, 7)}</code>
        <span>
          {job.executor} · {job.resourceClass ?? 'medium'}
        </span>
        {page.images.map(({ image, digest }) => (
          <span key={image} title={`${image}\n${digest}`}>
            {image} <code>{digest.replace(/^(local:)?sha256:/, '').slice(0, 12)}</code>
          </span>
        ))}
        {job.queuedAt !== null && job.startedAt !== null && (
          <span>queued {duration(Date.parse(job.startedAt) - Date.parse(job.queuedAt))}</span>
        )}
      </div>
    </>
  )
}
