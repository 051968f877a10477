import type { SliceView } from '@rondo/protocol'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { api } from '../../shared/api.ts'
import { Tabs } from '../../shared/tabs.tsx'
import { Skeleton, StatusIcon, Trouble } from '../../shared/ui.tsx'
import { useLiveQuery, useNow } from '../../shared/use-live.ts'
import { ArtifactsTab } from './artifacts-tab.tsx'
import { EarlierAttempts } from './earlier-attempts.tsx'
import { HeldJob } from './held-job.tsx'
import { JobHead } from './job-head.tsx'
import { JobWait, waiting } from './job-wait.tsx'
import { ResourcesTab } from './resources-tab.tsx'
import { StepList } from './step-list.tsx'
import { TestsTab } from './tests-tab.tsx'

/** A job: its steps with their output as it comes, its tests and its artifacts. Tab and slice are part of the address. */
export function JobPage({ id }: { readonly id: string }) {
  const page = useQuery({ queryKey: ['job', id], queryFn: () => api.job(id) })
  useLiveQuery(page.data && { kind: 'workflow', id: page.data.workflow.id }, ['job', id])
  const { tab = 'steps', slice } = useSearch({ strict: false })
  const navigate = useNavigate()
  const now = useNow(
    page.data?.job.stoppedAt === null || page.data?.slices.some((entry) => entry.heldUntil !== null) === true,
  )
  if (page.isPending) return <Skeleton rows={8} />
  if (page.error) return <Trouble error={page.error} />
  const { job, slices, tests, artifacts } = page.data
  const failures = tests.filter((test) => test.result === 'failure' || test.result === 'error').length
  const shown = slices.find((entry) => entry.index === slice) ?? firstToLookAt(slices)
  return (
    <>
      <JobHead page={page.data} now={now} />
      {(waiting.has(job.status) || slices.some((entry) => entry.phase === 'queued')) && <JobWait id={job.id} />}
      {job.message !== null && <pre className="error-text">{job.message}</pre>}
      <Tabs
        chosen={tab}
        choose={(name) => void navigate({ to: '.', search: { tab: name, slice }, replace: true })}
        tabs={[
          { name: 'steps', label: 'Steps' },
          { name: 'tests', label: <Counted word="Tests" count={tests.length} bad={failures} /> },
          { name: 'artifacts', label: <Counted word="Artifacts" count={artifacts.length} /> },
          { name: 'resources', label: 'Resources' },
        ]}
      />
      {(tab === 'steps' || tab === 'resources') && slices.length > 1 && (
        <Slices
          slices={slices}
          chosen={shown?.index}
          choose={(index) => void navigate({ to: '.', search: { tab, slice: index }, replace: true })}
        />
      )}
      {tab === 'steps' && shown !== undefined && shown.heldUntil !== null && (
        <HeldJob key={`held-${shown.index}`} jobId={job.id} slice={shown} />
      )}
      {tab === 'steps' && slices.some((entry) => entry.attempt > 1) && <EarlierAttempts id={job.id} now={now} />}
      {tab === 'steps' && <StepList key={shown?.index} steps={shown?.steps ?? []} now={now} />}
      {tab === 'resources' && <ResourcesTab jobId={job.id} slice={shown} />}
      {tab === 'tests' && <TestsTab tests={tests} />}
      {tab === 'artifacts' && <ArtifactsTab artifacts={artifacts} />}
    </>
  )
}

/** A failed slice, when there is one: it is what people come for. */
function firstToLookAt(slices: readonly SliceView[]): SliceView | undefined {
  return slices.find((entry) => entry.result !== null && entry.result !== 'passed') ?? slices[0]
}

function Counted({ word, count, bad = 0 }: { readonly word: string; readonly count: number; readonly bad?: number }) {
  return (
    <>
      {word}
      {count > 0 && (
        <span className={bad > 0 ? 'count tone-bad' : 'count'}>{bad > 0 ? `${bad} of ${count}` : count}</span>
      )}
    </>
  )
}

function Slices(props: {
  readonly slices: readonly SliceView[]
  readonly chosen: number | undefined
  readonly choose: (index: number) => void
}) {
  return (
    <div className="slices">
      {props.slices.map((entry) => (
        <button
          key={entry.index}
          type="button"
          aria-pressed={entry.index === props.chosen}
          onClick={() => props.choose(entry.index)}
        >
          <StatusIcon status={entry.result ?? entry.phase} size={14} /> {entry.index}
        </button>
      ))}
    </div>
  )
}
