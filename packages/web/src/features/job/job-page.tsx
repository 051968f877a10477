import type { JobPageView, TestView } from '@rondo/protocol'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../shared/api.ts'
import { duration, span } from '../../shared/time.ts'
import { Skeleton, StatusBadge, StatusIcon, Trouble } from '../../shared/ui.tsx'
import { useLiveQuery, useNow } from '../../shared/use-live.ts'
import { WorkflowActions } from '../workflow/workflow-actions.tsx'
import { StepList } from './step-list.tsx'

type Tab = 'steps' | 'tests' | 'artifacts'

export function JobPage({ id }: { readonly id: string }) {
  const page = useQuery({ queryKey: ['job', id], queryFn: () => api.job(id) })
  useLiveQuery(page.data && { kind: 'workflow', id: page.data.workflow.id }, ['job', id])
  const [tab, setTab] = useState<Tab>('steps')
  const [slice, setSlice] = useState(0)
  const now = useNow(page.data?.job.stoppedAt === null)
  if (page.isPending) return <Skeleton rows={8} />
  if (page.error) return <Trouble error={page.error} />
  const { job, slices, tests, artifacts } = page.data
  const failures = tests.filter((test) => test.result === 'failure' || test.result === 'error').length
  return (
    <>
      <JobHead page={page.data} now={now} />
      {job.message !== null && <pre className="error-text">{job.message}</pre>}
      <div className="tabs" role="tablist">
        {(['steps', 'tests', 'artifacts'] as const).map((name) => (
          <button key={name} type="button" role="tab" aria-selected={tab === name} onClick={() => setTab(name)}>
            {{ steps: 'Steps', tests: 'Tests', artifacts: 'Artifacts' }[name]}
            {name === 'tests' && tests.length > 0 && (
              <span className={failures > 0 ? 'count tone-bad' : 'count'}>
                {failures > 0 ? `${failures} of ${tests.length}` : tests.length}
              </span>
            )}
            {name === 'artifacts' && artifacts.length > 0 && <span className="count">{artifacts.length}</span>}
          </button>
        ))}
      </div>
      {tab === 'steps' && (
        <>
          {slices.length > 1 && (
            <div className="slices">
              {slices.map((entry) => (
                <button
                  key={entry.index}
                  type="button"
                  aria-pressed={entry.index === slice}
                  onClick={() => setSlice(entry.index)}
                >
                  <StatusIcon status={entry.result ?? entry.phase} size={14} /> {entry.index}
                </button>
              ))}
            </div>
          )}
          <StepList key={slice} steps={slices.find((entry) => entry.index === slice)?.steps ?? []} now={now} />
        </>
      )}
      {tab === 'tests' && <Tests tests={tests} />}
      {tab === 'artifacts' && <Artifacts artifacts={artifacts} />}
    </>
  )
}

function JobHead({ page, now }: { readonly page: JobPageView; readonly now: number }) {
  const { job, workflow, pipeline } = page
  return (
    <>
      <div className="crumbs">
        <Link
          to="/project/$vcs/$org/$repo"
          params={{ vcs: 'gh', org: pipeline.project.organizationName, repo: pipeline.project.name }}
        >
          {pipeline.project.organizationName}/{pipeline.project.name}
        </Link>
        <span>/</span>
        <Link to="/pipeline/$id" params={{ id: pipeline.id }}>
          #{pipeline.number}
        </Link>
        <span>/</span>
        <Link to="/workflow/$id" params={{ id: workflow.id }}>
          {workflow.name}
        </Link>
      </div>
      <div className="page-head">
        <h1>{job.name}</h1>
        <StatusBadge status={job.status} />
        <span className="quiet number">{span(job.startedAt, job.stoppedAt, now)}</span>
        <span className="spring" />
        <WorkflowActions workflow={workflow} />
      </div>
      <div className="row-facts">
        {job.number !== null && <span>Build {job.number}</span>}
        <span className="branch">{pipeline.tag ?? pipeline.branch}</span>
        <code>{pipeline.revision.slice(0, 7)}</code>
        <span>
          {job.executor} · {job.resourceClass ?? 'medium'}
        </span>
        {job.queuedAt !== null && job.startedAt !== null && (
          <span>queued {duration(Date.parse(job.startedAt) - Date.parse(job.queuedAt))}</span>
        )}
      </div>
    </>
  )
}

const order = { failure: 0, error: 0, skipped: 1, success: 2 }

function Tests({ tests }: { readonly tests: readonly TestView[] }) {
  if (tests.length === 0)
    return <p className="quiet pad">This job stored no test results. A store_test_results step would.</p>
  const sorted = tests.toSorted((a, b) => order[a.result] - order[b.result])
  return (
    <ul className="list">
      {sorted.map((test, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: test names may repeat, and the list only grows
        <li key={index}>
          <StatusIcon
            status={test.result === 'success' ? 'passed' : test.result === 'skipped' ? 'skipped' : 'failed'}
            size={16}
          />
          <div>
            <div>{test.name}</div>
            <div className="quiet">{test.classname}</div>
            {test.message !== '' && <pre className="error-text">{test.message}</pre>}
          </div>
          <span className="quiet number">{duration(test.runTime * 1000)}</span>
        </li>
      ))}
    </ul>
  )
}

function Artifacts({ artifacts }: { readonly artifacts: JobPageView['artifacts'] }) {
  if (artifacts.length === 0)
    return <p className="quiet pad">This job stored no artifacts. A store_artifacts step would.</p>
  return (
    <ul className="list">
      {artifacts.map((artifact) => (
        <li key={`${artifact.nodeIndex}/${artifact.path}`}>
          <a href={artifact.url} download>
            {artifact.path}
          </a>
          <span className="spring" />
          <span className="quiet number">{artifact.size.toLocaleString()} bytes</span>
        </li>
      ))}
    </ul>
  )
}
