import { slipFor } from '../did-you-mean.ts'
import { checkExecutorKeys } from '../plan/executor.ts'
import { readFields } from '../plan/fields.ts'
import { jobKeys } from '../plan/job.ts'
import type { ElementDefinition, ResolveContext, Space } from '../resolve/context.ts'
import { jobType } from '../resolve/entry.ts'
import { readDeclarations } from '../resolve/parameters.ts'
import { commandKeys } from '../resolve/steps.ts'
import type { MapNode } from '../tree/node.ts'
import { child, stringOf, typeName } from '../tree/node.ts'
import { openValues } from './open-values.ts'

/** Names that a workflow entry keeps for itself, so that no job can have a parameter of that name (semantics 4.2). */
const reserved = [
  'name',
  'requires',
  'context',
  'type',
  'filters',
  'matrix',
  'pre-steps',
  'post-steps',
  'serial-group',
  'override-with',
]
const requiredKeys: Readonly<Record<string, string>> = {
  build: 'steps',
  lock: 'key',
  unlock: 'key',
  release: 'plan_name',
}

/** Shape of every job, command and executor of the config, used or not: what is not used is never expanded. */
export function checkDefinitions(cx: ResolveContext, space: Space): void {
  for (const job of space.elements.job.values()) checkJob(cx, job)
  for (const command of space.elements.command.values()) checkCommand(cx, command)
  for (const executor of space.elements.executor.values()) checkExecutor(cx, executor)
  for (const group of space.groups.values()) checkGroupName(cx, group, space)
  checkJobNames(cx, space)
}

function checkJob(cx: ResolveContext, job: ElementDefinition): void {
  const { node, name } = job
  if (stringOf(node) !== undefined) return
  if (node.kind !== 'map') {
    cx.report.error('expected-type', job.keySpan, `Job '${name}' must be a map, found ${typeName(node)}`, {
      hint: misplaced(name),
    })
    return
  }
  checkDescription(cx, node, `job '${name}'`)
  const declarations = readDeclarations(cx, child(node, 'parameters'), `job '${name}'`)
  for (const parameter of reserved) {
    if (!declarations.has(parameter)) continue
    const place = declarations.get(parameter)?.span ?? job.keySpan
    const message = `Job '${name}' may not declare a parameter '${parameter}': workflow entries keep that name`
    cx.report.error('parameter-declaration', place, message, { hint: 'Give the parameter another name' })
  }
  if (child(node, 'type')?.templated === true) return
  const key = requiredKeys[jobType(cx, node, { definition: job }) ?? '']
  if (key !== undefined && !node.entries.has(key)) {
    const place = { report: cx.report, what: `job '${name}'`, chain: [] }
    if (slipFor(key, node.entries.keys(), jobKeys) !== undefined) {
      readFields(place, node).only(key === 'steps' ? jobKeys : [...jobKeys, key], 'error')
      return
    }
    const hint = key === 'steps' ? "Write 'steps:' below it, a list of steps" : undefined
    cx.report.error('missing-key', job.keySpan, `required key [${key}] not found in job '${name}'`, { hint })
  }
}

/** What a job's key that slipped out of its job becomes: a job of its own. */
function misplaced(name: string): string {
  return jobKeys.includes(name)
    ? `Indent '${name}' further, so that it stands in the job above it`
    : "Write 'docker:' and 'steps:' below it"
}

function checkCommand(cx: ResolveContext, command: ElementDefinition): void {
  const { node, name } = command
  if (stringOf(node) !== undefined) return
  const keys = node.kind === 'map' ? [...node.entries.keys()] : []
  if (node.kind === 'map') {
    readFields({ report: cx.report, what: `command '${name}'`, chain: [] }, node).only(commandKeys, 'error')
    checkDescription(cx, node, `command '${name}'`)
  }
  // A misspelt key has been refused already.
  const misspelt = slipFor('steps', keys, commandKeys) !== undefined
  if (child(node, 'steps') === undefined && !misspelt) {
    cx.report.error('missing-key', command.keySpan, `required key [steps] not found in command '${name}'`, {
      hint: node.kind === 'list' ? "Write 'steps:' above the list" : "Write 'steps:' below it, a list of steps",
    })
  }
  readDeclarations(cx, child(node, 'parameters'), `command '${name}'`)
}

function checkExecutor(cx: ResolveContext, executor: ElementDefinition): void {
  const { node, name } = executor
  if (stringOf(node) !== undefined) return
  if (node.kind === 'map') {
    checkDescription(cx, node, `executor '${name}'`)
    readDeclarations(cx, child(node, 'parameters'), `executor '${name}'`)
    const open = openValues(node)
    if (open.kind === 'map') checkExecutorKeys({ report: cx.report, what: `executor '${name}'`, chain: [] }, open)
  } else cx.report.error('expected-type', executor.keySpan, `Executor '${name}' must be a map, found ${typeName(node)}`)
}

function checkDescription(cx: ResolveContext, node: MapNode, what: string): void {
  readFields({ report: cx.report, what, chain: [] }, node).text('description')
}

function checkGroupName(cx: ResolveContext, group: ElementDefinition, space: Space): void {
  if (!space.elements.job.has(group.name)) return
  cx.report.error('duplicate-name', group.keySpan, `'${group.name}' is the name of a job and of a job group`)
}

/** Job names are unique ignoring case (semantics 2). */
function checkJobNames(cx: ResolveContext, space: Space): void {
  const seen = new Map<string, string>()
  for (const job of space.elements.job.values()) {
    const folded = job.name.toLowerCase()
    const other = seen.get(folded)
    if (other !== undefined)
      cx.report.warn('duplicate-name', job.keySpan, `The jobs '${other}' and '${job.name}' differ in case only`)
    seen.set(folded, job.name)
  }
}
