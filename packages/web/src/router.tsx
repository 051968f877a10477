import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { JobPage } from './features/job/job-page.tsx'
import { PipelineList } from './features/pipelines/pipeline-list.tsx'
import { PipelinePage, WorkflowPage } from './features/workflow/workflow-page.tsx'
import { Notice } from './shared/ui.tsx'
import { Shell } from './shell.tsx'

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
  validateSearch: (search: Record<string, unknown>): { branch?: string } =>
    typeof search.branch === 'string' && search.branch ? { branch: search.branch } : {},
})
const project = createRoute({
  getParentRoute: () => root,
  path: '/project/$vcs/$org/$repo',
  component: ProjectRoute,
  validateSearch: (search: Record<string, unknown>): { branch?: string } =>
    typeof search.branch === 'string' && search.branch ? { branch: search.branch } : {},
})
const pipeline = createRoute({ getParentRoute: () => root, path: '/pipeline/$id', component: PipelineRoute })
const workflow = createRoute({ getParentRoute: () => root, path: '/workflow/$id', component: WorkflowRoute })
const job = createRoute({ getParentRoute: () => root, path: '/job/$id', component: JobRoute })
const jobByNumber = createRoute({
  getParentRoute: () => root,
  path: '/jobs/$vcs/$org/$repo/$number',
  component: JobByNumberRoute,
})

export const router = createRouter({
  routeTree: root.addChildren([home, project, pipeline, workflow, job, jobByNumber]),
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
