import type { Filters, JobPlan, Plan, WorkflowNode, WorkflowPlan } from '@rondo/model'
import type { LinkedNode, LinkedWorkflow } from '../check/link.ts'
import type { Report } from '../report.ts'
import { isInteger, typeName } from '../tree/node.ts'
import { readContexts } from './contexts.ts'
import { readFilters } from './filters.ts'
import { readJob } from './job.ts'
import type { Place } from './place.ts'
import { readSchedules } from './schedule.ts'
import { optional } from './steps/step-reader.ts'
import { checkTypedJob } from './typed-job.ts'

const maxContexts = 100
/** An entry whose expression filter is true runs on tags too (semantics 19.2). */
const everywhere: Filters = { tags: { only: ['/.*/'] } }

/** Linked workflows to the plan's workflows and job bodies; each body is read once, under its final name. */
export function readWorkflows(
  report: Report,
  linked: readonly LinkedWorkflow[],
  lenient: boolean,
): Pick<Plan, 'workflows' | 'jobs'> {
  const jobs = new Map<string, JobPlan>()
  const read = new Set<string>()
  const workflows = linked.map((item) =>
    readWorkflow(report, item, (node) => readBody(report, node, { jobs, read, lenient })),
  )
  const contexts = new Set(workflows.flatMap((workflow) => workflow.jobs.flatMap((job) => job.contexts)))
  const first = linked[0]
  if (contexts.size > maxContexts && first !== undefined) {
    report.error(
      'limit',
      first.workflow.span,
      `The config names ${contexts.size} contexts; at most ${maxContexts} are allowed`,
    )
  }
  return { workflows, jobs: Object.fromEntries(jobs) }
}

interface Bodies {
  readonly jobs: Map<string, JobPlan>
  readonly read: Set<string>
  readonly lenient: boolean
}

function readBody(report: Report, node: LinkedNode, { jobs, read, lenient }: Bodies): void {
  const { invocation, name } = node
  if (invocation.body === undefined || read.has(name)) return
  read.add(name)
  if (invocation.type !== 'build') {
    checkTypedJob(report, invocation.type, name, { ...invocation, body: invocation.body })
    return
  }
  const job = readJob(report, { ...invocation, name, body: invocation.body, lenient })
  if (job !== undefined) jobs.set(name, job)
}

function readWorkflow(report: Report, linked: LinkedWorkflow, body: (node: LinkedNode) => void): WorkflowPlan {
  const { workflow, nodes } = linked
  const place: Place = { report, what: `workflow '${workflow.name}'`, chain: [] }
  return {
    name: workflow.name,
    jobs: nodes.map((node) => {
      body(node)
      return readNode(report, node)
    }),
    schedules: readSchedules(place, workflow.triggers),
    maxAutoReruns: readMaxAutoReruns(place, workflow),
    origin: { span: workflow.span, chain: [] },
  }
}

function readNode(report: Report, node: LinkedNode): WorkflowNode {
  const { invocation, name, requires } = node
  const place: Place = { report, what: `job '${invocation.name}'`, chain: invocation.chain }
  return {
    name,
    type: invocation.type,
    ...optional('job', invocation.type === 'build' ? name : undefined),
    ...optional('matrix', namesOfMatrix(invocation)),
    requires: requires.map(({ node: required, statuses }) => ({ node: required, statuses })),
    ...optional('filters', invocation.decided === undefined ? readFilters(place, invocation.filters) : everywhere),
    contexts: readContexts(place, invocation.context),
    ...optional('serialGroup', invocation.serialGroup),
    ...optional('key', invocation.key),
    origin: { span: invocation.span, chain: invocation.chain },
  }
}

function namesOfMatrix({ alias, job }: LinkedNode['invocation']): readonly string[] | undefined {
  return alias === undefined ? undefined : [...new Set(job === undefined ? [alias] : [alias, job])]
}

function readMaxAutoReruns(place: Place, workflow: LinkedWorkflow['workflow']): number {
  const node = workflow.maxAutoReruns
  if (node === undefined) return 0
  const value = isInteger(node) ? node.value : undefined
  if (value !== undefined && value >= 1 && value <= 5) return value
  const found = node.kind === 'scalar' ? `'${node.text}'` : typeName(node)
  place.report.error(
    'invalid-value',
    node.span,
    `max_auto_reruns must be between 1 and 5 in ${place.what}, found ${found}`,
  )
  return 0
}
