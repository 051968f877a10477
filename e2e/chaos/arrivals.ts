import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack } from '@rondo/testkit'
import { startStubAgent } from '../bench/engine/stub-agent.ts'
import { type Experiment, quantile } from './experiment.ts'
import { look } from './look.ts'
import { pipelineOf, workUntil } from './small-work.ts'

const [busy, small] = ['busy/app', 'small/app']
const pages = ['/api/private/pipelines', `/api/v2/project/gh/${busy}/pipeline`]

export interface ArrivalSize {
  readonly [name: string]: number
  /** Of one organisation, and in how many seconds they arrive. */
  readonly pipelines: number
  readonly seconds: number
  /** Tasks that run at once. */
  readonly slots: number
}

/** One organisation starts very many pipelines at once; another starts one a second, and people look at pages. */
export const arrivals: Experiment<ArrivalSize> = {
  rows: 'R-26',
  what: 'one organisation starts very many pipelines at once, while others work and look',
  full: { pipelines: 1_000, seconds: 10, slots: 8 },
  async run({ pipelines, seconds, slots }) {
    const stack = await startStack({ env: { RONDO_AGENT: 'none' } })
    const stop = new AbortController()
    try {
      for (const project of [busy, small]) await stack.createProject(...(project.split('/') as [string, string]))
      const startBusy = await pipelineOf(stack, busy, 3)
      const startSmall = await pipelineOf(stack, small)
      const working = workUntil(await startStubAgent(stack), { slots, taskMs: 200 }, stop.signal)
      const arriving = new AbortController()
      const others = [
        every(1_000, () => timed(startSmall), arriving.signal),
        ...pages.map((page) => every(200, () => timed(() => stack.api('GET', page)), arriving.signal)),
      ]
      const asked = await Promise.all(
        Array.from({ length: pipelines }, async (_, index) => {
          await sleep((index * seconds * 1_000) / pipelines)
          return timed(startBusy)
        }),
      )
      arriving.abort()
      const [, ...seen] = await Promise.all(others)
      const started = await startsOfSmall(stack)
      await stack.waitFor('everything to end', () => nothingOpen(stack), 1_800_000)
      stop.abort()
      await working
      const refused = asked.filter((one) => !one.answered).length
      const accepted = quantile(
        asked.map(({ ms }) => ms),
        0.99,
      )
      const page = quantile(
        seen.flat().map(({ ms }) => ms),
        0.95,
      )
      const start = quantile(
        started.map(({ ms }) => ms),
        0.95,
      )
      const overtaken = Math.max(...started.map((one) => one.overtaken))
      return {
        problems: [
          ...(refused > 0 ? [`${refused} pipelines were refused`] : []),
          ...(overtaken > 2 * slots
            ? [`${overtaken} tasks of the large one were preferred to one of the small one`]
            : []),
        ],
        figures: {
          pipelines,
          refused,
          'accepted in, ms (p99)': Math.round(accepted),
          'pages meanwhile, ms (p95)': Math.round(page),
          'jobs of the other start after, ms (p95)': start,
          'tasks of the large one taken while one of the other waited': overtaken,
        },
      }
    } finally {
      stop.abort()
      await stack.stop()
    }
  },
}

interface Timed {
  readonly answered: boolean
  readonly ms: number
}

async function timed(ask: () => Promise<unknown>): Promise<Timed> {
  const begun = performance.now()
  const answered = await ask().then(
    () => true,
    () => false,
  )
  return { answered, ms: performance.now() - begun }
}

/** At least once, and again and again until the signal aborts. */
async function every(ms: number, ask: () => Promise<Timed>, signal: AbortSignal): Promise<readonly Timed[]> {
  const times: Timed[] = []
  do {
    times.push(await ask())
    await sleep(ms, undefined, { signal }).catch(() => {})
  } while (!signal.aborted)
  return times
}

/** How long each task of the small organisation waited, and how many of the large one were taken meanwhile. */
async function startsOfSmall(stack: Stack): Promise<readonly { readonly ms: number; readonly overtaken: number }[]> {
  return stack.waitFor('the jobs of the small organisation', async () => {
    const rows = await look<{ ms: number | null; overtaken: number }>(
      stack,
      `with taken as (
         select t.id, o.name, t.queued_at, min(a.claimed_at) as claimed_at
         from tasks t join organizations o on o.id = t.organization_id left join attempts a on a.task_id = t.id
         group by t.id, o.name, t.queued_at)
       select (extract(epoch from s.claimed_at - s.queued_at) * 1000)::int as ms,
         (select count(*)::int from taken b where b.name = 'busy' and b.claimed_at > s.queued_at and b.claimed_at < s.claimed_at) as overtaken
       from taken s where s.name = 'small'`,
    )
    const claimed = rows.flatMap(({ ms, overtaken }) => (ms === null ? [] : [{ ms, overtaken }]))
    return claimed.length === rows.length ? claimed : undefined
  })
}

async function nothingOpen(stack: Stack): Promise<true | undefined> {
  const [row] = await look<{ open: number }>(
    stack,
    `select count(*)::int as open from workflows where stopped_at is null`,
  )
  return row?.open === 0 ? true : undefined
}
