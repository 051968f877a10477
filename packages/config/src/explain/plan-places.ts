import type { JobPlan, OrbResolution, Plan, Span, Step, WorkflowNode } from '@rondo/model'
import type { LinkedNode, LinkedWorkflow } from '../check/link.ts'
import type { Invocation } from '../resolve/invocation.ts'
import type { MapNode, Node } from '../tree/node.ts'
import { child } from '../tree/node.ts'
import type { PlanPlace, Site } from './place-walker.ts'
import { childSite, isEmpty, PlaceWalker, variables } from './place-walker.ts'

export type { PlanPlace } from './place-walker.ts'

/** What a plan was read out of. */
export interface PlanSources {
  readonly root: MapNode
  readonly linked: readonly LinkedWorkflow[]
  readonly orbs: readonly (OrbResolution & { readonly span: Span })[]
}

/**
 * The place of every node of a plan, and the chain that led there. It is found again in the trees the plan was read
 * out of, so that a compile that shows no places pays nothing for them.
 */
export function planPlaces(plan: Plan, { root, linked, orbs }: PlanSources): readonly PlanPlace[] {
  const walker = new PlaceWalker()
  const whole: Site = { span: root.span, chain: [] }
  const section = (key: string) => siteOf(child(root, key), whole)
  walker.add([], whole)
  walker.add(['setup'], section('setup'))
  walker.walk(['orbs'], plan.orbs, section('orbs'), (index) => {
    const orb = orbs[index as number]
    return orb === undefined ? undefined : { span: orb.span, chain: [] }
  })
  walker.add(['workflows'], section('workflows'))
  for (const [index, item] of linked.entries()) addWorkflow(walker, ['workflows', index], plan, item)
  if (plan.omitted !== undefined)
    walker.walk(['omitted'], plan.omitted, section('workflows'), (index) => plan.omitted?.[index as number]?.origin)
  walker.add(['jobs'], section('jobs'))
  const added = new Set<string>()
  for (const { name, invocation } of linked.flatMap(({ nodes }) => nodes)) {
    const job = plan.jobs[name]
    if (job === undefined || invocation.body === undefined || added.has(name)) continue
    added.add(name)
    addJob(walker, job, invocation, invocation.body)
  }
  return walker.places
}

function addWorkflow(walker: PlaceWalker, path: PlanPlace['path'], plan: Plan, { workflow, nodes }: LinkedWorkflow) {
  const { span, triggers, maxAutoReruns } = workflow
  const site: Site = { span, chain: [] }
  walker.add(path, site)
  walker.add([...path, 'name'], site)
  walker.add([...path, 'maxAutoReruns'], siteOf(maxAutoReruns, site))
  const written = plan.workflows[path[1] as number]!
  const schedules = siteOf(triggers, site)
  walker.add([...path, 'schedules'], schedules)
  for (const [index, schedule] of written.schedules.entries()) {
    const item = child(triggers?.kind === 'list' ? triggers.items[index] : undefined, 'schedule')
    walker.walk([...path, 'schedules', index], schedule, siteOf(item, schedules), (key) =>
      key === 'branches' ? siteOf(child(child(item, 'filters'), 'branches'), schedules) : undefined,
    )
  }
  walker.add([...path, 'jobs'], site)
  for (const [index, node] of nodes.entries()) addNode(walker, [...path, 'jobs', index], written.jobs[index]!, node)
}

function addNode(walker: PlaceWalker, path: PlanPlace['path'], node: WorkflowNode, linked: LinkedNode): void {
  const { invocation, requires } = linked
  const entry: Site = { span: invocation.span, chain: invocation.chain }
  const attribute = (key: string): Site => siteOf(invocation.attributes.get(key)?.value, entry)
  const sites: Readonly<Record<string, Site>> = {
    name: attribute('name'),
    type: invocation.attributes.has('type') ? attribute('type') : siteOf(child(invocation.body, 'type'), entry),
    filters: siteOf(invocation.filters, attribute('filters')),
    contexts: siteOf(invocation.context, entry),
    serialGroup: attribute('serial-group'),
    key: siteOf(child(invocation.body, 'key'), entry),
  }
  const { requires: required, ...rest } = node
  walker.walk(path, rest, entry, (key) => sites[key])
  walker.add([...path, 'requires'], attribute('requires'))
  for (const [index, requirement] of required.entries()) {
    const { span, statusNode } = requires[index]!.reference
    const at: Site = { span, chain: invocation.chain }
    walker.walk([...path, 'requires', index], requirement, at, (key) =>
      key === 'statuses' ? siteOf(statusNode, at) : undefined,
    )
  }
}

const environments = ['docker', 'machine', 'macos'] as const

function addJob(walker: PlaceWalker, job: JobPlan, invocation: Invocation, body: MapNode): void {
  const path = ['jobs', job.name]
  const whole: Site = { node: body, span: body.span, chain: invocation.chain }
  const { environment, steps, ...rest } = job
  const from = (key: string): Site => {
    const site = childSite(whole, key)
    return site.node !== undefined && isInherited(invocation, key)
      ? { ...site, chain: invocation.inherited!.chain }
      : site
  }
  const named = environments.find((key) => body.entries.has(key))!
  const { keySpan } = body.entries.get(named)!
  const executor = from(named)
  walker.walk(path, { ...rest, executor: undefined }, whole, (key) => {
    if (key === 'name') return { span: invocation.span, chain: invocation.chain }
    if (key === 'executor') return executor
    return key === 'cacheRetentionDays' ? siteOf(child(child(body, 'retention'), 'caches'), whole) : from(String(key))
  })
  for (const [key, value] of Object.entries(job.executor)) {
    const site = key === 'images' || executor.node?.kind !== 'map' ? executor : childSite(executor, key)
    walker.walk([...path, 'executor', key], value, key === 'type' ? { span: keySpan, chain: executor.chain } : site)
  }
  const { inherited } = invocation
  const shared = child(inherited?.body, 'environment')
  walker.environment(
    [...path, 'environment'],
    environment,
    childSite(whole, 'environment'),
    shared === undefined ? undefined : { count: variables(shared).length, chain: inherited!.chain },
  )
  walker.add([...path, 'steps'], childSite(whole, 'steps'))
  for (const [index, step] of steps.entries()) addStep(walker, [...path, 'steps', index], step, invocation)
}

/** Whether a key of a job is its executor's: it is not the job's own, also not inside of its own `machine`. */
function isInherited({ inherited }: Invocation, key: string): boolean {
  if (inherited === undefined) return false
  const places = [inherited.own, child(inherited.own, 'machine'), child(inherited.own, 'macos')]
  const snake = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return places.every((place) => child(place, snake) === undefined)
}

function addStep(walker: PlaceWalker, path: PlanPlace['path'], step: Step, invocation: Invocation): void {
  const { span, chain } = step.origin
  const { node } = invocation.steps[path.at(-1) as number]!
  const entry = node.kind === 'map' ? node.entries.values().next().value : undefined
  const body: Site = entry === undefined ? { node, span, chain } : { node: entry.value, span: entry.value.span, chain }
  const keyword: Site = { span: entry?.keySpan ?? span, chain }
  walker.add(path, { span, chain })
  for (const [key, value] of Object.entries(step)) {
    if (key === 'origin') continue
    const isKeyword = key === 'type' || key === 'keyword' || key === 'deploy'
    if (isKeyword) walker.add([...path, key], keyword)
    else if (key === 'keys') walker.walk([...path, key], value, body, (index) => cacheKeys(body)[index as number])
    else if (key === 'environment')
      walker.environment([...path, key], value as readonly unknown[], childSite(body, key))
    else walker.walk([...path, key], value, partSite(body, key, span))
  }
}

/** What a step does not say stands where the whole step stands. */
function partSite(body: Site, key: string, step: Span): Site {
  const site = childSite(body, key)
  return site.node === undefined ? { span: step, chain: body.chain } : site
}

/** The sites of the keys `restore_cache` tries: `key` first. */
function cacheKeys(body: Site): readonly Site[] {
  return ['key', 'keys'].flatMap((name) => {
    const node = body.node === undefined ? undefined : child(body.node, name)
    const nodes = node?.kind === 'list' ? node.items : node === undefined ? [] : [node]
    return nodes.map((each) => ({ node: each, span: each.span, chain: body.chain }))
  })
}

/** Where a node stands, or what holds it when there is none. */
function siteOf(node: Node | undefined, holder: Site): Site {
  if (node === undefined || isEmpty(node)) return { span: holder.span, chain: holder.chain }
  return { node, span: node.span, chain: holder.chain }
}
