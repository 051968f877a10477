import type { PipelineView, WorkflowView } from '@rondo/protocol'
import { Link } from '@tanstack/react-router'

/** Where a page stands: project, pipeline and, on a job's page, the workflow. The last of them is one level up. */
export function Crumbs({ pipeline, workflow }: { readonly pipeline: PipelineView; readonly workflow?: WorkflowView }) {
  const { project } = pipeline
  return (
    <nav className="crumbs" aria-label="Where this is">
      <Link
        to="/project/$vcs/$org/$repo"
        params={{ vcs: 'gh', org: project.organizationName, repo: project.name }}
        data-up={workflow === undefined ? true : undefined}
      >
        {project.organizationName}/{project.name}
      </Link>
      <span>/</span>
      <Link to="/pipeline/$id" params={{ id: pipeline.id }}>
        #{pipeline.number}
      </Link>
      {workflow !== undefined && (
        <>
          <span>/</span>
          <Link to="/workflow/$id" params={{ id: workflow.id }} data-up>
            {workflow.name}
          </Link>
        </>
      )}
    </nav>
  )
}
