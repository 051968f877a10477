import type { WorkflowView } from '@rondo/protocol'
import { useState } from 'react'
import './rerun-jobs.css'

/** Which jobs of an ended workflow run again; what depends on them runs with them, and what they need is kept. */
export function RerunJobs({
  jobs,
  disabled,
  rerun,
}: {
  readonly jobs: WorkflowView['jobs']
  readonly disabled: boolean
  readonly rerun: (jobs: readonly string[]) => void
}) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const toggle = (id: string) => setChosen((before) => before.symmetricDifference(new Set([id])))
  return (
    <fieldset className="rerun-jobs">
      <legend>Jobs to run again, with all that depends on them</legend>
      {jobs.map((job) => (
        <label key={job.id}>
          <input type="checkbox" checked={chosen.has(job.id)} onChange={() => toggle(job.id)} /> {job.name}
        </label>
      ))}
      <button
        type="button"
        className="primary"
        disabled={disabled || chosen.size === 0}
        onClick={() => rerun([...chosen])}
      >
        Rerun {chosen.size === 1 ? '1 job' : `${chosen.size} jobs`}
      </button>
    </fieldset>
  )
}
