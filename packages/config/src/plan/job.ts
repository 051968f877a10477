import type { JobPlan, Span } from '@rondo/model'
import type { Report } from '../report.ts'
import type { ResolvedStep } from '../resolve/context.ts'
import type { MapNode } from '../tree/node.ts'
import { child, typeName } from '../tree/node.ts'
import { readExecutor } from './executor.ts'
import type { Fields } from './fields.ts'
import { readFields } from './fields.ts'
import type { Place } from './place.ts'
import { readStep } from './steps/read-step.ts'
import { readShell } from './steps/run.ts'
import { optional } from './steps/step-reader.ts'

/** Keys of a job that builds; `plan_name`, `validation` and `key` belong to other types (semantics 12.1). */
export const jobKeys: readonly string[] = [
  'type',
  'docker',
  'machine',
  'macos',
  'executor',
  'steps',
  'parameters',
  'description',
  'environment',
  'working_directory',
  'shell',
  'parallelism',
  'resource_class',
  'circleci_ip_ranges',
  'retention',
  'branches',
]
const retention = /^([1-9]|[12][0-9]|30)d$/

export interface JobSource {
  readonly name: string
  readonly body: MapNode
  readonly steps: readonly ResolvedStep[]
  /** Where its name is defined. */
  readonly definedAt?: Span
  readonly chain: Place['chain']
  readonly executorMissing: boolean
  /** Version 2 files with unknown keys ran all the same. */
  readonly lenient: boolean
}

/** What a build job runs (semantics 12, 13); undefined when it cannot run, with the reasons reported. */
export function readJob(report: Report, source: JobSource): JobPlan | undefined {
  const place: Place = { report, what: `job '${source.name}'`, chain: source.chain }
  const fields = readFields(place, source.body, source.definedAt)
  fields.only(jobKeys, source.lenient ? 'warn' : 'error')
  const executor = readExecutor(place, fields, source)
  const steps = readSteps(place, fields, source)
  fields.flag('circleci_ip_ranges')
  if (fields.flag('circleci_ip_ranges') === true) {
    report.warn(
      'unsupported',
      fields.node('circleci_ip_ranges')!.span,
      "'circleci_ip_ranges' has no effect on an installation of your own",
    )
  }
  const rest = {
    ...optional('resourceClass', fields.text('resource_class')),
    environment: fields.environment('environment'),
    ...optional('workingDirectory', fields.text('working_directory')),
    ...optional('shell', readShell(fields)),
    parallelism: fields.integer('parallelism', { min: 1, max: 10_000 }) ?? 1,
    ...optional('cacheRetentionDays', readRetention(place, fields)),
  }
  if (executor === undefined || steps === undefined) return undefined
  return { name: source.name, executor, steps, ...rest, origin: { span: source.body.span, chain: source.chain } }
}

function readSteps(place: Place, fields: Fields, source: JobSource) {
  if (!fields.has('steps')) return fields.missing('steps', "Write 'steps:' below it, a list of steps")
  return source.steps.flatMap((step) => readStep(place.report, step) ?? [])
}

function readRetention(place: Place, fields: Fields): number | undefined {
  const node = fields.node('retention')
  if (node === undefined) return undefined
  if (node.kind !== 'map')
    return fields.fail(
      'expected-type',
      node.span,
      `'retention' must be a map such as {caches: 5d}, found ${typeName(node)}`,
    )
  const inner = readFields({ ...place, what: "'retention'" }, node)
  inner.only(['caches'], 'error')
  const text = inner.text('caches')
  if (text === undefined) return undefined
  if (retention.test(text)) return Number.parseInt(text, 10)
  return inner.fail(
    'invalid-value',
    child(node, 'caches')!.span,
    `'caches' value '${text}' does not match pattern ${retention.source}`,
    'Write a number of days from 1d to 30d',
  )
}
