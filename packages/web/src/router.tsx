import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { AdminPage } from './features/admin/admin-page.tsx'
import { JobPage } from './features/job/job-page.tsx'
import { PipelineList } from './features/pipelines/pipeline-list.tsx'
import { PipelinePage, WorkflowPage } from './features/workflow/workflow-page.tsx'
import { adminSearch, jobSearch, listSearch, pipelineSearch } from './shared/search.ts'
import { Notice } from './shared/ui.tsx'
import { Shell } from './shell/shell.tsx'

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Notice title="There is no such page">
      The address may have a slip in it. The pipelines are a click away, top left.
    </Notice>
  ),
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: () => <PipelineList />,
  validateSearch: listSearch,
})
const project = createRoute({
  getParentRoute: () => root,
  path: '/project/$vcs/$org/$repo',
  component: ProjectRoute,
  validateSearch: listSearch,
})
const pipeline = createRoute({
  getParentRoute: () => root,
  path: '/pipeline/$id',
  component: PipelineRoute,
  validateSearch: pipelineSearch,
})
const workflow = createRoute({
  getParentRoute: () => root,
  path: '/workflow/$id',
  component: WorkflowRoute,
  validateSearch: pipelineSearch,
})
const job = createRoute({
  getParentRoute: () => root,
  path: '/job/$id',
  component: JobRoute,
  validateSearch: jobSearch,
})
const jobByNumber = createRoute({
  getParentRoute: () => root,
  path: '/jobs/$vcs/$org/$repo/$number',
  component: JobByNumberRoute,
  validateSearch: jobSearch,
})

const admin = createRoute({
  getParentRoute: () => root,
  path: '/admin',
  component: AdminPage,
  validateSearch: adminSearch,
})

export const router = createRouter({
  routeTree: root.addChildren([home, project, pipeline, workflow, job, jobByNumber, admin]),
  defaultPreload: false,
})

function ProjectRoute() {
  const { vcs, org, repo } = project.useParams()
  return <PipelineList project={`${vcs}/${org}/${repo}`} />
}

function PipelineRoute() {
  return <PipelinePage id={pipeline.useParams().id} />
}

function WorkflowRoute() {
  return <WorkflowPage id={workflow.useParams().id} />
}

function JobRoute() {
  const { id } = job.useParams()
  return <JobPage key={id} id={id} />
}

function JobByNumberRoute() {
  const { vcs, org, repo, number } = jobByNumber.useParams()
  return <JobPage id={`${vcs}/${org}/${repo}/${number}`} />
}
