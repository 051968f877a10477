import type { StepWhen } from '@rondo/model'
import { durationMs } from '../duration.ts'
import type { Fields } from '../fields.ts'
import type { StepReader } from './step-reader.ts'
import { nameOf, optional } from './step-reader.ts'

const keys = [
  'command',
  'name',
  'shell',
  'environment',
  'background',
  'working_directory',
  'no_output_timeout',
  'when',
  'max_auto_reruns',
  'auto_rerun_delay',
  'description',
]
export const stepWhens: readonly StepWhen[] = ['on_success', 'on_fail', 'always']
const defaultNoOutputTimeoutMs = 600_000
const maxRerunDelayMs = 600_000

/** `run` (semantics 14.1). */
export const readRun: StepReader = (fields, origin) => {
  fields.only(keys, 'error')
  const command = fields.text('command', 'required')
  const background = fields.flag('background') ?? false
  const maxAutoReruns = fields.integer('max_auto_reruns', { min: 1, max: 5 }) ?? 0
  const autoRerunDelayMs = readRerunDelay(fields)
  if (background && (fields.has('max_auto_reruns') || fields.has('auto_rerun_delay'))) {
    fields.fail('invalid-value', fields.span, 'Background steps cannot use max_auto_reruns or auto_rerun_delay fields')
  }
  const rest = {
    ...nameOf(fields),
    ...optional('shell', readShell(fields)),
    environment: fields.environment('environment'),
    background,
    ...optional('workingDirectory', fields.text('working_directory')),
    noOutputTimeoutMs: readTimeout(fields),
    when: fields.choice('when', stepWhens) ?? 'on_success',
    maxAutoReruns,
    autoRerunDelayMs,
  }
  return command === undefined ? undefined : { type: 'run', command, ...rest, origin }
}

/** `deploy`, the deprecated form of `run` that runs on one node only. */
export const readDeploy: StepReader = (fields, origin) => {
  const step = readRun(fields, origin)
  return step?.type === 'run' ? { ...step, deploy: true } : undefined
}

/** A list form means the words of the shell's command line. */
export function readShell(fields: Fields): string | undefined {
  return fields.node('shell')?.kind === 'list' ? fields.texts('shell')?.join(' ') : fields.text('shell')
}

function readTimeout(fields: Fields): number {
  const text = fields.textOrNumber('no_output_timeout')
  if (text === undefined) return defaultNoOutputTimeoutMs
  const unitless = /^\d+(\.\d+)?$/.test(text.trim())
  // A bare number is seen in old files and means seconds there.
  const ms = durationMs(unitless ? `${text.trim()}s` : text)
  if (unitless) {
    const message = `no_output_timeout '${text}' has no unit and is taken as ${text} seconds`
    fields.warn('invalid-value', fields.node('no_output_timeout')!.span, message, `Write '${text}s' or '${text}m'`)
  }
  if (ms !== undefined) return ms
  const hint = "Write a number with a unit, such as '20m', '1.25h' or '5s'"
  fields.fail(
    'invalid-value',
    fields.node('no_output_timeout')!.span,
    `no_output_timeout '${text}' is not a duration`,
    hint,
  )
  return defaultNoOutputTimeoutMs
}

function readRerunDelay(fields: Fields): number {
  // The editor's own words for a number without a unit speak of durations, not of types.
  const text = fields.textOrNumber('auto_rerun_delay')
  if (text === undefined) return 0
  const { span } = fields.node('auto_rerun_delay')!
  if (!fields.has('max_auto_reruns'))
    fields.fail('missing-key', span, 'auto_rerun_delay requires max_auto_reruns to be specified')
  const ms = durationMs(text)
  if (ms === undefined) fields.fail('invalid-value', span, `auto_rerun_delay must be a valid duration, found '${text}'`)
  else if (!/^[1-9]\d*[sm]$/.test(text))
    fields.fail('invalid-value', span, `auto_rerun_delay must be in the format '10m' or '30s', found '${text}'`)
  else if (ms > maxRerunDelayMs)
    fields.fail('invalid-value', span, `auto_rerun_delay must not exceed 10 minutes, found '${text}'`)
  return ms === undefined ? 0 : Math.min(ms, maxRerunDelayMs)
}
