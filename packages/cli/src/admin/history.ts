import type { PipelineEventView } from '@rondo/protocol'
import { type RestClient, restClientOf } from '../client/rest-client.ts'
import { jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { findPipeline, isNumbered, type PipelineName, readPipelineName } from '../pipeline/pipeline-name.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'
import { readLimit, table } from './filter.ts'

export const showHistory: Verb = {
  name: 'history',
  usage: 'rondo admin history [gh/ORG | gh/ORG/REPO [NUMBER] | PIPELINE-ID]',
  summary:
    'who did what, when and why: to the installation or an organisation (limits, blocks, promotions, settings, tokens, agents, orbs), to a project and what its pipelines came of, or to one pipeline from its trigger to its end',
  flags: {
    steps: { type: 'boolean', help: 'of a pipeline the steps of jobs too' },
    limit: { type: 'string', value: 'N', help: 'of all but a pipeline the newest N (100)' },
    before: { type: 'string', value: 'ID', help: 'of all but a pipeline what came before this one' },
    ...serverFlags,
    ...jsonFlag,
  },
  most: 2,
  async run(call) {
    const subject = readSubject(call.arguments)
    if (subject.kind !== 'pipeline') return printPage(call, subject)
    const client = restClientOf(call)
    const events = await readHistory(client, await pipelineId(client, readPipelineName(call.arguments)))
    const shown = events.filter((event) => call.given('steps') || !event.kind.startsWith('step.'))
    if (call.given('json')) printJson(shown)
    else process.stdout.write(historyText(shown))
    return 0
  },
}

type Subject =
  | { readonly kind: 'installation' | 'pipeline' }
  | { readonly kind: 'organization' | 'project'; readonly slug: string }

function readSubject([first, number]: readonly string[]): Subject {
  if (first === undefined) return { kind: 'installation' }
  const segments = first.split('/').length
  if (segments === 2 && number === undefined) return { kind: 'organization', slug: first }
  if (segments > 2 && number === undefined && !isNumbered(first)) return { kind: 'project', slug: first }
  return { kind: 'pipeline' }
}

/** The newest of a history that has no end, and how to see what came before. */
async function printPage(call: VerbCall, subject: Exclude<Subject, { kind: 'pipeline' }>): Promise<number> {
  const limit = String(readLimit(call.text('limit'), { fallback: 100, most: 500, what: 'lines' }))
  const query = new URLSearchParams({ limit, 'page-token': call.text('before') ?? '' })
  if ('slug' in subject) query.set(subject.kind, subject.slug)
  const path = subject.kind === 'project' ? '/api/private/projects/events' : '/api/private/admin/history'
  const page = await restClientOf(call).call<HistoryPage>('GET', `${path}?${query}`)
  if (call.given('json')) printJson(page.items)
  else {
    process.stdout.write(page.items.length === 0 ? nothing(call, subject) : historyText(page.items))
    if (page.next !== null) process.stdout.write(`What came before: add --before ${page.next}\n`)
  }
  return 0
}

/** What was looked for in vain, and where to look instead. */
function nothing(call: VerbCall, subject: Exclude<Subject, { kind: 'pipeline' }>): string {
  if (call.text('before') !== undefined) return 'Nothing came before.\n'
  if (subject.kind === 'project') return `${subject.slug} has had no pipeline, and nothing of it was changed.\n`
  const of = subject.kind === 'organization' ? `of ${subject.slug}` : 'of the installation'
  const repo = subject.kind === 'organization' ? `${subject.slug}/REPO` : 'gh/ORG/REPO'
  return `No limit, block, promotion, setting, token, agent or orb ${of} was changed. What pipelines came of, ask of their project: rondo admin history ${repo}\n`
}

interface HistoryPage {
  readonly items: readonly (PipelineEventView & { readonly place?: string | null })[]
  readonly next: string | null
}

async function pipelineId(client: RestClient, name: PipelineName): Promise<string> {
  return encodeURIComponent('id' in name ? name.id : (await findPipeline<{ id: string }>(client, name)).id)
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

function historyText(events: HistoryPage['items']): string {
  return table(
    ['WHEN', 'WHO', 'WHERE', 'WHAT AND WHY'],
    events.map((event) => [
      event.at,
      event.who ?? 'rondo',
      [event.place ?? '', [event.workflow, event.job].filter((part) => part !== null).join('/')].join(' ').trim() ||
        '-',
      event.why === null ? event.what : `${event.what}: ${event.why}`,
    ]),
  )
}
