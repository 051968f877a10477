import { type Static, Type } from 'typebox'
import type { WebOptions } from '../../ports.ts'
import { PipelineShape } from '../presenters/pipeline.ts'
import { presentWorkflow, WorkflowShape } from '../presenters/workflow.ts'
import { type Route, type RoutePorts, route } from '../route.ts'
import { accepted, Message, PageOf, PageQuery, pageRequest, wholeList } from '../shapes.ts'
import { oneself, pipelineInPath } from '../subjects.ts'
import { createPipelinePages } from './pipeline-pages.ts'

const ListQuery = Type.Object({
  'org-slug': Type.Optional(Type.String()),
  mine: Type.Optional(Type.String()),
  ...PageQuery,
})
const ConfigShape = Type.Object({
  source: Type.String(),
  compiled: Type.String(),
  'setup-config': Type.Optional(Type.String()),
  'compiled-setup-config': Type.Optional(Type.String()),
})

export function pipelineRoutes(
  ports: Pick<RoutePorts, 'accounts' | 'queries' | 'access' | 'actions'>,
  options: WebOptions,
): readonly Route[] {
  const { accounts, queries, access, actions } = ports
  const pages = createPipelinePages(ports, options)
  return [
    route({
      method: 'GET',
      path: '/pipeline',
      summary: 'Pipelines of an organization, or of everything the user sees; newest first.',
      subject: oneself,
      right: 'view',
      query: ListQuery,
      answer: PageOf(PipelineShape),
      handle: async ({ asker, user, query }) => {
        const slug = query['org-slug']
        const organization = slug === undefined ? undefined : await access.organization(asker, slug, 'view')
        return pages.page(
          {
            ...(organization ? { organizationId: organization.id } : {}),
            ...(query.mine === 'true' ? { triggeredBy: user.id } : {}),
            ...(user.admin ? {} : { visibleTo: user.id }),
          },
          pageRequest(query),
        )
      },
    }),
    route({
      method: 'GET',
      path: '/pipeline/{pipeline-id}',
      summary: 'A pipeline.',
      subject: pipelineInPath,
      right: 'view',
      answer: PipelineShape,
      handle: async ({ subject }) => pages.one(subject),
    }),
    route({
      method: 'GET',
      path: '/pipeline/{pipeline-id}/config',
      summary: 'The config of a pipeline: as committed, and compiled.',
      subject: pipelineInPath,
      right: 'view',
      answer: ConfigShape,
      handle: async ({ subject }) => {
        const { source = '', compiled = '', setup } = (await queries.pipelineConfig(subject.id)) ?? {}
        return {
          source,
          compiled,
          ...(setup ? { 'setup-config': setup.source, 'compiled-setup-config': setup.compiled } : {}),
        }
      },
    }),
    route({
      method: 'GET',
      path: '/pipeline/{pipeline-id}/values',
      summary: 'What pipeline values were when the config was compiled, and the parameters.',
      subject: pipelineInPath,
      right: 'view',
      answer: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer(), Type.Boolean()])),
      handle: async ({ subject }) => {
        const parameters = Object.entries(subject.parameters).map(([name, value]) => [
          `pipeline.parameters.${name}`,
          value,
        ])
        const values = Object.entries(await queries.pipelineValues(subject.id)).filter(([, value]) => value !== null)
        return Object.fromEntries([...values, ...parameters])
      },
    }),
    route({
      method: 'POST',
      path: '/pipeline/{pipeline-id}/cancel',
      summary: 'Cancels what of a pipeline has not ended: all its workflows, and what would continue it.',
      subject: pipelineInPath,
      right: 'contribute',
      status: 202,
      answer: Message,
      handle: async ({ subject, actorId, once }) => {
        await actions.cancelPipeline(subject.id, actorId, once)
        return accepted
      },
    }),
    route({
      method: 'GET',
      path: '/pipeline/{pipeline-id}/workflow',
      summary: 'Workflows of a pipeline, reruns after what they rerun.',
      subject: pipelineInPath,
      right: 'view',
      query: Type.Object(PageQuery),
      answer: PageOf(WorkflowShape),
      handle: async ({ subject }) => {
        const project = (await accounts.project(subject.projectId))!
        const workflows = await queries.workflowsOf([subject.id])
        return wholeList(workflows.map((workflow): Static<typeof WorkflowShape> => presentWorkflow(workflow, project)))
      },
    }),
  ]
}
