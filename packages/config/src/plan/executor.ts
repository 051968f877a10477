import type { ExecutorPlan, Span } from '@rondo/model'
import { didYouMean } from '../did-you-mean.ts'
import type { Report } from '../report.ts'
import type { MapNode } from '../tree/node.ts'
import { readDocker } from './docker.ts'
import type { Fields } from './fields.ts'
import { readFields } from './fields.ts'
import { readMachine } from './machine.ts'
import { readMacos } from './macos.ts'
import type { Place } from './place.ts'
import { readShell } from './steps/run.ts'

/** Keys of an executor's definition (semantics 10). */
const executorKeys = [
  'docker',
  'machine',
  'macos',
  'environment',
  'working_directory',
  'shell',
  'resource_class',
  'parameters',
  'description',
]
const environmentKeys = ['docker', 'machine', 'macos'] as const

interface ExecutorSource {
  readonly body: MapNode
  readonly executorMissing: boolean
  /** Where the name of the job or executor is defined. */
  readonly definedAt?: Span
}

/** The environment a job or executor names; undefined when it has none, or more than one, which is reported. */
export function readExecutor(
  place: Place,
  fields: Fields,
  { body, executorMissing, definedAt = body.span }: ExecutorSource,
): ExecutorPlan | undefined {
  // `machine: false` beside another environment only says that it is not meant.
  const present = environmentKeys.filter((key) => fields.has(key) && !isFalse(fields, key))
  const [key] = present
  if (key === undefined) return executorMissing ? undefined : reportNone(place, fields, body, definedAt)
  if (present.length > 1) {
    // What is open may turn out to be such a `false`.
    if (present.filter((one) => !fields.isOpen(one)).length < 2) return undefined
    const [, second] = [...body.entries.values()].filter(({ key }) => present.includes(key as (typeof present)[number]))
    return fields.fail(
      'executor-choice',
      second?.keySpan ?? definedAt,
      `${capital(place.what)} names more than one environment: ${present.join(', ')}`,
      'Keep exactly one of them',
    )
  }
  if (fields.isOpen(key)) return undefined
  const node = fields.node(key) ?? body.entries.get(key)!.value
  if (key === 'docker') return readDocker(place, node)
  return key === 'machine' ? readMachine(place, node) : readMacos(place, node)
}

/** Says what is wrong with an executor's definition by itself. */
export function checkExecutorBody(report: Report, name: string, body: MapNode): void {
  const place: Place = { report, what: `executor '${name}'`, chain: [] }
  const fields = readFields(place, body)
  checkExecutorKeys(place, body)
  readExecutor(place, fields, { body, executorMissing: false })
  fields.environment('environment')
  fields.text('working_directory')
  fields.text('resource_class')
  readShell(fields)
}

/** Refuses keys that an executor cannot have, and tells which they are. */
export function checkExecutorKeys(place: Place, body: MapNode): readonly string[] {
  readFields(place, body).only(executorKeys, 'error')
  return [...body.entries.keys()].filter((key) => !executorKeys.includes(key))
}

function reportNone(place: Place, fields: Fields, body: MapNode, span: Span): undefined {
  const misspelt = [...body.entries.keys()]
    .filter((name) => !executorKeys.includes(name))
    .map((name) => didYouMean(name, [...environmentKeys, 'executor']))
    .find((hint) => hint !== undefined)
  // The misspelt key has been refused already.
  if (misspelt !== undefined) return undefined
  const choices = place.what.startsWith('executor')
    ? "Add 'docker:', 'machine:' or 'macos:'"
    : "Add 'docker:', 'machine:', 'macos:' or 'executor:'"
  return fields.fail('executor-choice', span, `${capital(place.what)} names no environment to run in`, choices)
}

function isFalse(fields: Fields, key: string): boolean {
  const node = fields.node(key)
  return node?.kind === 'scalar' && node.value === false
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
