import type { QueueEntryView, QueuePageView } from '@rondo/protocol'
import { type RestClient, restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'
import { counted, filterFlags, filterOf, readLimit, scopeOf, setText, table, timeText } from './filter.ts'

const { 'older-than': _age, ...shownFlags } = filterFlags
const base = '/api/private/admin'

export const showQueue: Verb = {
  name: 'queue',
  usage: 'rondo admin queue',
  summary:
    'what waits for an agent: counts, the builds at head and tail, agents and limits; who waits for a lock: rondo admin locks',
  flags: {
    ...shownFlags,
    limit: { type: 'string', value: 'N', help: 'builds of each end (10)' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const client = restClientOf(call)
    const limit = String(readLimit(call.text('limit'), { fallback: 10, most: 200, what: 'builds' }))
    const query = new URLSearchParams(Object.entries({ ...scopeOf(call), limit }))
    for (const name of ['branch', 'class']) if (call.text(name) !== undefined) query.set(name, call.text(name) ?? '')
    const page = await client.call<QueuePageView>('GET', `${base}/queue?${query}`)
    if (call.given('json')) printJson(page)
    else process.stdout.write(queueText(page, client.url))
    return 0
  },
}

function queueText(page: QueuePageView, url: string): string {
  return [
    `usage queue  ${page.held} (held back by a limit)\n`,
    `run queue    ${page.waiting}${page.waiting > 0 && page.noneTakes !== null ? `, none of which can start: ${page.noneTakes}` : ''}\n`,
    `running      ${page.running}\n`,
    `oldest       ${page.oldestMs === null ? 'nothing waits' : timeText(page.oldestMs)}\n`,
    page.head.length === 0 ? '' : `\nhead\n${entriesText(page.head, url)}`,
    page.held + page.waiting <= page.head.length ? '' : `\ntail\n${entriesText(page.tail, url)}`,
    page.limits.length === 0 ? '' : `\nlimits\n${limitsText(page.limits)}`,
    page.forecasts.length === 0 ? '' : `\nfirst forecasts of starts, last 24 hours\n${forecastsText(page.forecasts)}`,
    `\n${agentsText(page.agents)}`,
  ].join('')
}

function entriesText(entries: readonly QueueEntryView[], url: string): string {
  return table(
    ['BUILD', 'BRANCH', 'CLASS', 'WAITED', 'STARTS IN', 'JOB', 'STATE'],
    entries.map((entry) => [
      entry.jobNumber === null ? `${url}/job/${entry.jobId}` : `${url}/jobs/${entry.projectSlug}/${entry.jobNumber}`,
      entry.branch ?? '-',
      entry.resourceClass,
      timeText(entry.waitedMs),
      entry.expectedMs === null ? '-' : timeText(entry.expectedMs),
      entry.jobName,
      stateText(entry),
    ]),
  )
}

/** `held: limit of 3 of gh/acme, 3 running`; free is what only room is missing for. */
function stateText({ promoted, held, why }: QueueEntryView): string {
  const state = promoted ? 'promoted' : held ? 'held' : why === null ? 'free' : 'stuck'
  return why === null ? state : `${state}: ${why}`
}

const waitedFor = { room: 'room', limit: 'a limit', lock: 'a lock', jobs: 'other jobs' } as const

function forecastsText(forecasts: QueuePageView['forecasts']): string {
  return table(
    ['WAITED FOR', 'STARTS', 'OFF BY (MEDIAN)', 'OFF BY (P90)', 'WAITED (MEDIAN)', 'OF ALL WAITING'],
    forecasts.map(({ kind, jobs, medianErrorMs, p90ErrorMs, medianWaitMs, errorShare }) => [
      waitedFor[kind],
      String(jobs),
      timeText(medianErrorMs),
      timeText(p90ErrorMs),
      timeText(medianWaitMs),
      errorShare === null ? '-' : `${Math.round(errorShare * 100)} %`,
    ]),
  )
}

/** Who may not see the agents is told no more than that: none has joined, only those can say who would see it. */
function agentsText(agents: QueuePageView['agents']): string {
  if (agents === null) return 'Agents are shown to administrators of the installation.\n'
  if (agents.length === 0) return 'No agent has joined: nothing can run.\n'
  const rows = agents.map((agent) => [
    agent.name,
    String(agent.cpus),
    String(agent.tasks),
    agent.executors.join(','),
    `${timeText(agent.silentMs)} ago`,
    agent.refusal ?? 'takes tasks',
  ])
  return `agents\n${table(['NAME', 'CPUS', 'TASKS', 'RUNS', 'HEARD OF', 'STATE'], rows)}`
}

function limitsText(limits: QueuePageView['limits']): string {
  return table(
    ['OF', 'CLASS', 'TASKS AT ONCE', 'SET'],
    limits.map((limit) => [
      limit.project ?? limit.organization ?? 'everything',
      limit.resourceClass ?? 'all',
      limit.maxTasks === 0 ? '0 (blocked)' : String(limit.maxTasks),
      limit.lastChange === null ? '-' : setText(limit.lastChange),
    ]),
  )
}

export const promoteBuilds: Verb = {
  name: 'promote',
  usage: 'rondo admin promote [JOB-ID…]',
  summary: 'put waiting builds before all others, limits or not: those named, or the longest waiting that match',
  flags: {
    ...filterFlags,
    limit: { type: 'string', value: 'N', help: 'at most so many (100)' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const jobs = call.arguments.length === 0 ? {} : { jobs: call.arguments }
    const answer = await restClientOf(call).call<{ jobs: number; tasks: number }>('POST', `${base}/queue/promote`, {
      ...filterOf(call),
      ...jobs,
      ...limitOf(call.text('limit')),
    })
    if (call.given('json')) printJson(answer)
    else if (answer.jobs === 0)
      process.stdout.write('Nothing is promoted: none of these builds waits in the run queue.\n')
    else process.stdout.write(`${promotedText(answer)} before all others.\n`)
    // Who names builds wants those; of a filter nothing may be left.
    return answer.jobs === 0 && call.arguments.length > 0 ? 1 : 0
  },
}

function promotedText({ jobs, tasks }: { readonly jobs: number; readonly tasks: number }): string {
  return `${counted(jobs, 'build')} (${counted(tasks, 'task')}) ${jobs === 1 ? 'goes' : 'go'}`
}

export const cancelBuilds: Verb = {
  name: 'cancel',
  usage: 'rondo admin cancel',
  summary: 'cancel waiting builds that match, in batches; without --yes only say how many there are',
  flags: {
    ...filterFlags,
    yes: { type: 'boolean', help: 'cancel them' },
    batch: { type: 'string', value: 'N', help: 'so many at once (100)' },
    ...serverFlags,
    ...jsonFlag,
  },
  async run(call) {
    const client = restClientOf(call)
    const body = { ...filterOf(call), ...limitOf(call.text('batch')) }
    const found = await cancelOnce(client, { ...body, preview: true })
    const canceled = call.given('yes') ? await cancelAll(client, body, found.matching) : 0
    if (call.given('json')) printJson({ matching: found.matching, canceled })
    else process.stdout.write(canceledText(found.matching, call.given('yes') ? canceled : undefined))
    return 0
  },
}

/** `canceled`: how many were; undefined: it was only asked. */
function canceledText(matching: number, canceled: number | undefined): string {
  if (matching === 0) return 'No waiting build matches.\n'
  if (canceled !== undefined)
    return `${canceled} of ${counted(matching, 'build')} ${canceled === 1 ? 'was' : 'were'} canceled.\n`
  return `${counted(matching, 'waiting build')} ${matching === 1 ? 'matches' : 'match'}. Add --yes to cancel ${matching === 1 ? 'it' : 'them'}.\n`
}

/** Those that came after the look stay: never more than were told. */
async function cancelAll(client: RestClient, body: object, matching: number): Promise<number> {
  let canceled = 0
  while (canceled < matching) {
    const batch = await cancelOnce(client, body)
    if (batch.canceled === 0) break
    canceled += batch.canceled
    process.stderr.write(`${canceled} of ${matching}\n`)
  }
  return canceled
}

const cancelOnce = (client: RestClient, body: object) =>
  client.call<{ matching: number; canceled: number }>('POST', `${base}/queue/cancel`, body)

function limitOf(text: string | undefined): { limit?: number } {
  if (text === undefined) return {}
  if (/^[1-9]\d{0,5}$/.test(text)) return { limit: Number(text) }
  throw new CallError(`"${text}" is no number of builds. Write a whole number from 1.`)
}

function limitVerb(name: string, summary: string, tasks: (given: string | undefined) => number | null): Verb {
  return {
    name,
    usage: name === 'limit' ? 'rondo admin limit [N|none]' : `rondo admin ${name}`,
    summary,
    flags: { ...scopeFlagsOf(), ...serverFlags, ...jsonFlag },
    async run(call) {
      const client = restClientOf(call)
      const [given] = call.arguments
      const answer = await (name === 'limit' && given === undefined
        ? client.call<Limits>('GET', `${base}/limits?${new URLSearchParams(scopeOf(call))}`)
        : client.call<Limits>('PUT', `${base}/limits`, { ...limitScope(call), maxTasks: tasks(given) }))
      if (call.given('json')) printJson(answer)
      else {
        if (answer.wasSet === false)
          process.stdout.write(`No limit or block of ${placeText(call)} is set: nothing is taken away.\n`)
        process.stdout.write(answer.limits.length === 0 ? 'No limits.\n' : limitsText(answer.limits))
      }
      return 0
    },
  }
}

/** `wasSet`: of one that is taken away, whether there was one. */
type Limits = Pick<QueuePageView, 'limits'> & { readonly wasSet?: boolean }

/** `gh/acme for class large`. */
function placeText(call: VerbCall): string {
  const { organization, project } = scopeOf(call)
  const resourceClass = call.text('class')
  return `${project ?? organization ?? 'everything'}${resourceClass === undefined ? '' : ` for class ${resourceClass}`}`
}

function limitScope(call: VerbCall): object {
  const resourceClass = call.text('class')
  return { ...scopeOf(call), ...(resourceClass === undefined ? {} : { resourceClass }) }
}

function scopeFlagsOf() {
  const { branch: _branch, 'older-than': _older, ...flags } = filterFlags
  return flags
}

export const setLimit = limitVerb(
  'limit',
  'how many tasks may run at once: of everything, an organisation, a project, a resource class; without N the limits that are set, by whom and when',
  (given) => {
    if (given === 'none') return null
    if (given !== undefined && /^\d{1,6}$/.test(given)) return Number(given)
    throw new CallError(
      `"${given ?? ''}" is no number of tasks. Say how many may run at once, or none: rondo admin limit 20 --project gh/acme/web`,
    )
  },
)
export const blockWork = limitVerb('block', 'start nothing new; what runs goes on, what comes waits', () => 0)
export const unblockWork = limitVerb('unblock', 'take a block or a limit away; what waited goes on', () => null)
