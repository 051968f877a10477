import type { LockPlaceView, LockView } from '@rondo/protocol'
import { restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'
import { readLimit, table } from './filter.ts'

export const showLocks: Verb = {
  name: 'locks',
  usage: 'rondo admin locks [gh/ORG]',
  summary: 'each lock and serial group: who holds it since when, and who waits for it in which order',
  flags: {
    limit: { type: 'string', value: 'N', help: 'the first N of each line (10)' },
    ...serverFlags,
    ...jsonFlag,
  },
  most: 1,
  async run(call) {
    const [organization] = call.arguments
    if (organization !== undefined && organization.split('/').length !== 2)
      throw new CallError(
        `"${organization}" is no organization: all projects of one share its locks. Write rondo admin locks gh/acme.`,
      )
    const limit = String(readLimit(call.text('limit'), { fallback: 10, most: 500, what: 'places' }))
    const query = new URLSearchParams({ limit, ...(organization === undefined ? {} : { organization }) })
    const { locks } = await restClientOf(call).call<{ locks: readonly LockView[] }>(
      'GET',
      `/api/private/admin/locks?${query}`,
    )
    if (call.given('json')) printJson(locks)
    else process.stdout.write(locks.length === 0 ? 'Nobody holds a lock or waits for one.\n' : locksText(locks))
    return 0
  },
}

function locksText(locks: readonly LockView[]): string {
  return table(['LOCK', 'PLACE', 'PIPELINE', 'WORKFLOW', 'JOB', 'SINCE', 'STATE'], locks.flatMap(rowsOf))
}

function rowsOf({ organization, key, holder, line, waiting }: LockView): readonly (readonly string[])[] {
  const name = `${organization} ${key}`
  const held =
    holder === null
      ? [name, '-', '-', '-', '-', '-', 'nobody holds it: new work of all that wait is blocked']
      : [name, '-', ...placeCells(holder), holder.blocked ? 'holds it, and its new work is blocked' : 'holds it']
  const waits = line.map((place, index) => [
    name,
    String(index + 1),
    ...placeCells(place),
    place.blocked ? 'passed over: its new work is blocked' : 'waits',
  ])
  const more = waiting - line.length
  return [held, ...waits, ...(more > 0 ? [[name, '…', '-', '-', '-', '-', `${more} more: add --limit N`]] : [])]
}

function placeCells({ projectSlug, pipelineNumber, workflow, job, since }: LockPlaceView): readonly string[] {
  return [`${projectSlug}/${pipelineNumber}`, workflow, job, `${since.slice(0, 16).replace('T', ' ')} UTC`]
}
