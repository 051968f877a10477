import type { JobView, WorkflowView } from '@rondo/protocol'
import { Link } from '@tanstack/react-router'
import { span } from '../../shared/time.ts'
import { StatusIcon } from '../../shared/ui.tsx'
import { layoutGraph, type Placed } from './graph-layout.ts'
import './job-graph.css'

const box = { width: 210, height: 38, columnGap: 52, rowGap: 12 }

/** The graph of a workflow: columns by dependency on wide screens, a list on narrow ones. */
export function JobGraph({ workflow, now }: { readonly workflow: WorkflowView; readonly now: number }) {
  const placed = layoutGraph(workflow.jobs)
  const columns = Math.max(...placed.map((entry) => entry.column), 0) + 1
  const rows = Math.max(...placed.map((entry) => entry.row), 0) + 1
  const width = columns * box.width + (columns - 1) * box.columnGap
  const height = rows * (box.height + box.rowGap) - box.rowGap
  return (
    <div className="graph">
      <div className="graph-canvas" style={{ width, height }}>
        <svg width={width} height={height} aria-hidden="true">
          {edges(placed).map((edge) => (
            <path key={edge.id} d={edge.path} />
          ))}
        </svg>
        {placed.map(({ node, column, row }) => (
          <div
            key={node.id}
            className="graph-node"
            style={{
              left: column * (box.width + box.columnGap),
              top: row * (box.height + box.rowGap),
              width: box.width,
              height: box.height,
            }}
          >
            <JobBox job={node} now={now} />
          </div>
        ))}
      </div>
      <div className="graph-list">
        {workflow.jobs.map((job) => (
          <JobBox key={job.id} job={job} now={now} />
        ))}
      </div>
    </div>
  )
}

function JobBox({ job, now }: { readonly job: JobView; readonly now: number }) {
  const content = (
    <>
      <StatusIcon status={job.status} size={16} />
      <span className="job-name">{job.name}</span>
      {job.parallelism > 1 && <span className="quiet number">×{job.parallelism}</span>}
      <span className="quiet number">{span(job.startedAt, job.stoppedAt, now)}</span>
    </>
  )
  if (job.type !== 'build')
    return (
      <div className="job-box" title={job.approvedBy === null ? undefined : `Approved by ${job.approvedBy.login}`}>
        {content}
      </div>
    )
  return (
    <Link className="job-box" to="/job/$id" params={{ id: job.id }} title={job.message ?? job.name}>
      {content}
    </Link>
  )
}

function edges(placed: readonly Placed<JobView>[]): readonly { id: string; path: string }[] {
  const byName = new Map(placed.map((entry) => [entry.node.name, entry]))
  return placed.flatMap((to) =>
    to.node.requires.flatMap((name) => {
      const from = byName.get(name)
      if (from === undefined) return []
      const [x1, y1] = [
        from.column * (box.width + box.columnGap) + box.width,
        from.row * (box.height + box.rowGap) + box.height / 2,
      ]
      const [x2, y2] = [to.column * (box.width + box.columnGap), to.row * (box.height + box.rowGap) + box.height / 2]
      const bend = Math.min(28, (x2 - x1) / 2)
      return [
        { id: `${from.node.id}-${to.node.id}`, path: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` },
      ]
    }),
  )
}
