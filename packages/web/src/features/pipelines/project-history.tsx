import { useNavigate } from '@tanstack/react-router'
import { ChangeList } from '../../shared/change-list.tsx'
import { Tabs } from '../../shared/tabs.tsx'

/** What happened to a project: what made its pipelines or none, who set and limited what, and made or revoked tokens. */
export function ProjectHistory({ project }: { readonly project: string }) {
  return (
    <>
      <div className="page-head">
        <h1>{project.split('/').slice(1).join(' / ')}</h1>
      </div>
      <ProjectTabs project={project} chosen="history" />
      <ChangeList of={project} />
    </>
  )
}

/** The pages of a project; which one is part of the address. */
export function ProjectTabs(props: { readonly project: string; readonly chosen: 'pipelines' | 'history' }) {
  const navigate = useNavigate()
  const [vcs = '', org = '', repo = ''] = props.project.split('/')
  return (
    <Tabs
      chosen={props.chosen}
      choose={(name) =>
        void navigate({
          to: '/project/$vcs/$org/$repo',
          params: { vcs, org, repo },
          search: name === 'history' ? { view: 'history' } : {},
          replace: true,
        })
      }
      tabs={[
        { name: 'pipelines', label: 'Pipelines' },
        { name: 'history', label: 'History' },
      ]}
    />
  )
}
