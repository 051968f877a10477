import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api } from '../../shared/api.ts'
import { Skeleton, Trouble } from '../../shared/ui.tsx'
import { useLiveQuery, useNow } from '../../shared/use-live.ts'
import { BranchFilter } from './branch-filter.tsx'
import { FirstPush } from './first-push.tsx'
import { PipelineRow } from './pipeline-row.tsx'
import { ProjectHistory, ProjectTabs } from './project-history.tsx'
import './pipeline-list.css'

/** Pipelines, newest first, of one project or of all; keeps itself up to date. */
export function PipelineList({ project }: { readonly project?: string }) {
  const { view, branch } = useSearch({ strict: false })
  if (project !== undefined && view === 'history') return <ProjectHistory project={project} />
  return <Pipelines project={project} branch={branch} />
}

function Pipelines({ project, branch }: { readonly project: string | undefined; readonly branch: string | undefined }) {
  const list = useInfiniteQuery({
    queryKey: ['pipelines', project ?? '', branch ?? ''],
    queryFn: ({ pageParam }) => api.pipelines({ project, branch, 'page-token': pageParam }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })
  useLiveQuery({ kind: 'all' }, ['pipelines'])
  const now = useNow(true)
  if (list.isPending) return <Skeleton rows={8} />
  if (list.error) return <Trouble error={list.error} />
  const pipelines = list.data.pages.flatMap((page) => page.items)
  return (
    <>
      <div className="page-head">
        <h1>{project === undefined ? 'Pipelines' : project.split('/').slice(1).join(' / ')}</h1>
        <BranchFilter key={branch} value={branch ?? ''} />
      </div>
      {project !== undefined && <ProjectTabs project={project} chosen="pipelines" />}
      {pipelines.length > 0 ? (
        <div className="rows">
          {pipelines.map((pipeline) => (
            <PipelineRow key={pipeline.id} pipeline={pipeline} now={now} />
          ))}
        </div>
      ) : branch === undefined ? (
        <FirstPush project={project} />
      ) : (
        <p className="quiet pad">No pipeline ran on the branch “{branch}”.</p>
      )}
      {list.hasNextPage && (
        <button
          type="button"
          className="older"
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {list.isFetchingNextPage ? 'Reading …' : 'Older pipelines'}
        </button>
      )}
    </>
  )
}
