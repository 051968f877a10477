import type { NodeType, Span } from '@rondo/model'
import type { Report } from '../report.ts'
import type { MapNode } from '../tree/node.ts'
import { durationMs } from './duration.ts'
import { reportType } from './expected-type.ts'
import { readFields } from './fields.ts'
import type { Place } from './place.ts'

const providers = ['datadog', 'prometheus', 'grafana', 'alertmanager', 'custom'] as const

interface TypedJob {
  readonly body: MapNode
  readonly chain: Place['chain']
  /** Where its name is defined. */
  readonly definedAt?: Span
}

/** Checks the keys that the job types without steps need (semantics 21.2, 21.4, 21.7). */
export function checkTypedJob(
  report: Report,
  type: NodeType,
  name: string,
  { body, chain, definedAt }: TypedJob,
): void {
  const place: Place = { report, what: `job '${name}' of type ${type}`, chain }
  const fields = readFields(place, body, definedAt)
  if (type === 'lock' || type === 'unlock') fields.text('key', 'required')
  if (type !== 'release') return
  fields.text('plan_name', 'required')
  const validation = fields.node('validation')
  if (validation?.kind === 'map') checkValidation({ ...place, what: `'validation' of job '${name}'` }, validation)
  else if (validation !== undefined)
    fields.fail('expected-type', validation.span, `'validation' of job '${name}' must be a map`)
}

function checkValidation(place: Place, node: MapNode): void {
  const fields = readFields(place, node)
  fields.only(['enabled', 'evaluation_time', 'auto_rollback_on_failure', 'webhooks'], 'error')
  if (!fields.has('enabled')) fields.fail('missing-key', node.span, `required key [enabled] not found in ${place.what}`)
  fields.flag('enabled')
  fields.flag('auto_rollback_on_failure')
  const time = fields.text('evaluation_time')
  if (time !== undefined && durationMs(time) === undefined) {
    fields.fail('invalid-value', fields.node('evaluation_time')!.span, `evaluation_time '${time}' is not a duration`)
  }
  const webhooks = fields.node('webhooks')
  if (webhooks !== undefined && webhooks.kind !== 'list')
    reportType(place, `'webhooks' of ${place.what}`, webhooks, 'Sequence')
  for (const item of webhooks?.kind === 'list' ? webhooks.items : []) {
    if (item.kind !== 'map') {
      reportType(place, `A webhook of ${place.what}`, item, 'Mapping')
      continue
    }
    const webhook = readFields({ ...place, what: `a webhook of ${place.what}` }, item)
    webhook.only(['name', 'provider', 'data_points', 'fail_when', 'max_failures'], 'error')
    webhook.text('name', 'required')
    webhook.text('provider', 'required')
    webhook.choice('provider', providers)
    webhook.integer('max_failures', { min: 0 })
  }
}
