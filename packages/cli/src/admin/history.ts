import type { PipelineEventView } from '@rondo/protocol'
import { type RestClient, restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'
import { table } from './filter.ts'

export const showHistory: Verb = {
  name: 'history',
  usage: 'rondo admin history PIPELINE-ID | gh/ORG/REPO [NUMBER]',
  summary: 'what happened to a pipeline, or to a project and made a pipeline or none: when, who, what, and why',
  flags: {
    steps: { type: 'boolean', help: 'the steps of jobs too' },
    limit: { type: 'string', value: 'N', help: 'of a project the newest N lines (100)' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const client = restClientOf(call)
    const [first = '', number] = call.arguments
    const events =
      first.includes('/') && number === undefined
        ? await readProject(client, first, call.text('limit') ?? '100')
        : await readHistory(client, await pipelineId(client, call.arguments))
    const shown = events.filter((event) => call.given('steps') || !event.kind.startsWith('step.'))
    if (call.given('json')) printJson(shown)
    else process.stdout.write(historyText(shown))
    return 0
  },
}

async function pipelineId(client: RestClient, [first, number]: readonly string[]): Promise<string> {
  if (first === undefined) throw new CallError('Name a pipeline: by its id, or by gh/ORG/REPO and its number.')
  if (number === undefined) return encodeURIComponent(first)
  const slug = first.split('/').map(encodeURIComponent).join('/')
  const found = await client.call<{ id: string }>(
    'GET',
    `/api/v2/project/${slug}/pipeline/${encodeURIComponent(number)}`,
  )
  return found.id
}

async function readProject(client: RestClient, project: string, limit: string): Promise<readonly PipelineEventView[]> {
  if (!/^[1-9]\d{0,2}$/.test(limit)) throw new CallError(`"${limit}" is no number of lines. Write one from 1 to 500.`)
  const query = new URLSearchParams({ project, limit })
  return (await client.call<{ items: PipelineEventView[] }>('GET', `/api/private/projects/events?${query}`)).items
}

async function readHistory(client: RestClient, id: string): Promise<readonly PipelineEventView[]> {
  const events: PipelineEventView[] = []
  for (let token: string | null = ''; token !== null; ) {
    const query = token === '' ? '' : `?page-token=${encodeURIComponent(token)}`
    const page: { items: PipelineEventView[]; next: string | null } = await client.call(
      'GET',
      `/api/private/pipelines/${id}/events${query}`,
    )
    events.push(...page.items)
    token = page.next
  }
  return events
}

function historyText(events: readonly PipelineEventView[]): string {
  return table(
    ['WHEN', 'WHO', 'WHERE', 'WHAT AND WHY'],
    events.map((event) => [
      event.at,
      event.who ?? 'rondo',
      [event.workflow, event.job].filter((part) => part !== null).join('/') || '-',
      event.why === null ? event.what : `${event.what}: ${event.why}`,
    ]),
  )
}
