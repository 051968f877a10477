import type { EvidenceView, LoopView, RetentionView } from '@rondo/protocol'
import { restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'
import { counted, readLimit, scopeFlags, table } from './filter.ts'

const base = '/api/private/admin'

export const showHealth: Verb = {
  name: 'health',
  usage: 'rondo admin health',
  summary: 'what goes on by itself in each server, and whether any of it has stopped',
  flags: { ...serverFlags, ...jsonFlag },
  async run(call) {
    const { loops } = await restClientOf(call).call<{ loops: readonly LoopView[] }>('GET', `${base}/health`)
    if (call.given('json')) printJson(loops)
    else
      process.stdout.write(
        table(
          ['LOOP', 'SERVER', 'STATE', 'LAST ROUND', 'TOOK', 'LAST PROBLEM'],
          loops.map((loop) => [
            loop.name,
            loop.server,
            loop.late ? 'LATE' : loop.gone ? 'gone' : 'ok',
            loop.roundAt,
            `${loop.tookMs} ms`,
            loop.problem === null ? '-' : `${loop.failedAt} ${loop.problem}`,
          ]),
        ),
      )
    return loops.some((loop) => loop.late) ? 1 : 0
  },
}

/** What stands at the head of the log (ledger L-307). */
const dispatcherMode =
  '# dispatcher mode: agents take tasks from the run queue by themselves; no run-queue worker is needed'

const notTaken =
  'The dispatcher has not had this job: it waits for other jobs, a lock or an approval, or ended before it was queued. rondo admin history tells more.\n'

export const showDispatcher: Verb = {
  name: 'dispatcher',
  usage: 'rondo admin dispatcher [JOB-ID]',
  summary: 'the log of dispatcher and scheduler: what was taken, queued, handed to which agent, and how it ended',
  flags: {
    schedules: { type: 'boolean', help: 'only the runs of schedules, with what came of each' },
    limit: { type: 'string', value: 'N', help: 'the newest N lines (100)' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const limit = String(readLimit(call.text('limit'), { fallback: 100, most: 1_000, what: 'lines' }))
    const [job] = call.arguments
    const query = new URLSearchParams({ limit, ...(job === undefined ? {} : { job }) })
    if (call.given('schedules')) query.set('schedules', 'true')
    const { items } = await restClientOf(call).call<{ items: readonly EvidenceView[] }>(
      'GET',
      `${base}/dispatcher?${query}`,
    )
    if (call.given('json')) printJson(items)
    else {
      if (job === undefined) process.stdout.write(`${dispatcherMode}\n`)
      else if (items.length === 0) process.stdout.write(notTaken)
      for (const { at, build, jobId, text } of items)
        process.stdout.write(`${at.replace('Z', '+00:00')} ${build ?? '-'} ${jobId ?? '-'} ${text}\n`)
    }
    return 0
  },
}

export const showRetention: Verb = {
  name: 'retention',
  usage: 'rondo admin retention --dry-run',
  summary: 'what the retention policy would take now, with sizes; the server takes it by itself',
  flags: {
    'dry-run': { type: 'boolean', help: 'only say what would go' },
    project: scopeFlags.project,
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    if (!call.given('dry-run'))
      throw new CallError(
        'The server applies the policy by itself, every ten minutes. See what would go with --dry-run.',
      )
    const project = call.text('project')
    const query = project === undefined ? '' : `?${new URLSearchParams({ project })}`
    const view = await restClientOf(call).call<RetentionView>('GET', `${base}/retention${query}`)
    if (call.given('json')) printJson(view)
    else process.stdout.write(retentionText(view))
    return 0
  },
}

function retentionText({ items, total }: RetentionView): string {
  if (items.length === 0) return 'Nothing is older than it is kept for.\n'
  const rows = items.map((item) => [
    item.project,
    item.kind,
    counted(item.days, 'day'),
    String(item.count),
    sizeText(item.bytes),
  ])
  return `${table(['PROJECT', 'WHAT', 'KEPT FOR', 'COUNT', 'SIZE'], rows)}\n${counted(total.count, 'thing')}, ${sizeText(total.bytes)}. Nothing was deleted.\n`
}

/** Thousands, as disks count. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`
}
