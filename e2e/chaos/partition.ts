import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack, startTcpProxy, type TcpProxy, type Ways } from '@rondo/testkit'
import { countingConfig, isCountOf } from './counted-jobs.ts'
import type { Experiment, Setting } from './experiment.ts'
import { look } from './look.ts'
import { startOwnAgents } from './own-agents.ts'
import { pushConfig } from './push.ts'

const [short, long] = ['acme/short', 'acme/long']
const lines = 80
const longConfig = (marker: string) => `version: 2.1
jobs: {stay: {docker: [{image: cimg/base:2025.05-20.04}], resource_class: small, steps: [{run: {name: stay, command: 'echo here; sleep ${marker}'}}]}}
workflows: {main: {jobs: [stay]}}
`
const ways: readonly Ways[] = ['both', 'out', 'back']

interface Found {
  readonly problems: string[]
  continued: number
  closed: number
  /** How long after the first contact the processes of a job that was given up were there. */
  readonly goneAfterMs: number[]
}

/**
 * The agent is cut off from the server, both ways or one. Shorter than it takes to be given up, its job goes on as if nothing had
 * been; longer, its job is closed, and what it says and does afterwards counts for nothing. That it was longer the database is
 * told: its clock alone decides.
 */
export const partition: Experiment<{
  readonly rounds: number
  readonly seconds: number
  readonly 'at-once': number
}> = {
  rows: 'R-11',
  what: 'the agent is cut off, for less and for more than it takes to be given up, and comes back',
  full: { rounds: 300, seconds: 20, 'at-once': 6 },
  async run({ rounds, seconds, 'at-once': atOnce }, setting) {
    const found: Found = { problems: [], continued: 0, closed: 0, goneAfterMs: [] }
    let next = 0
    const take = () => (next < rounds ? next++ : undefined)
    await Promise.all(
      Array.from({ length: Math.min(atOnce, rounds) }, (_, lane) => runLane({ lane, seconds, take }, setting, found)),
    )
    return {
      problems: found.problems,
      figures: {
        rounds,
        'short: jobs that went on, with every byte': found.continued,
        'long: jobs closed for good': found.closed,
        'processes gone after contact, ms (longest)': Math.round(Math.max(0, ...found.goneAfterMs)),
      },
    }
  },
}

interface Lane {
  readonly lane: number
  readonly seconds: number
  /** The number of the next round; undefined: there are enough. */
  take(): number | undefined
}

/** Cut after cut, in an installation of its own. */
async function runLane({ lane, seconds, take }: Lane, { executor, say }: Setting, found: Found): Promise<void> {
  const stack = await startStack({ env: { RONDO_AGENT: 'none', RONDO_LOST_AFTER: '1' } })
  const link = await startTcpProxy({ targetPort: stack.agentPort })
  const [agent] = await startOwnAgents(stack, 1, { executor, port: link.port })
  // No other program sleeps for so long, so whoever does is a job of this lane.
  const marker = `98765.${process.pid}${lane}`
  try {
    await stack.createProject('acme', 'short')
    await stack.createProject('acme', 'long')
    for (let round = take(); round !== undefined; round = take()) {
      const way = ways[Math.floor(round / 2) % ways.length]!
      const cut = round % 2 === 0 ? shortCut : longCut
      say(`round ${round + 1}: ${cut === shortCut ? 'short' : 'long'}, ${way}`)
      await cut({ stack, link, way, seconds, marker }, found).catch((error: unknown) => {
        found.problems.push(`round ${round + 1}: ${error instanceof Error ? error.message : String(error)}`)
        link.release()
      })
    }
  } finally {
    link.release()
    await agent?.remove()
    await stack.stop()
    await link.stop()
  }
}

interface Cut {
  readonly stack: Stack
  readonly link: TcpProxy
  readonly way: Ways
  readonly seconds: number
  /** How long the programs of long jobs sleep, which tells them from all others. */
  readonly marker: string
}

async function shortCut({ stack, link, way, seconds }: Cut, found: Found): Promise<void> {
  const { pipeline, job } = await begin(stack, short, countingConfig([{ name: 'count-1', n: 1 }], lines, 100))
  link.hold(way)
  await sleep((0.2 + 0.8 * Math.random()) * seconds * 1_000)
  // Networks that were away now and then remember their connections, and now and then do not.
  if (Math.random() < 0.5) link.release()
  else link.forget()
  await stack.waitForWorkflow(pipeline, 'main', ['success', 'failed', 'error'], 180_000)
  link.release()
  const [step] = (await stack.steps(job)).filter(({ name }) => name === 'count')
  const output = step === undefined ? Buffer.alloc(0) : await stack.output(step.id)
  const { status } = (await statusesOf(stack, pipeline))[0]!
  const attempts = await look(
    stack,
    `select a.id from attempts a join tasks t on t.id = a.task_id where t.job_id = $1`,
    [job],
  )
  if (status === 'success' && attempts.length === 1 && isCountOf(1, lines, output)) found.continued++
  else found.problems.push(`a job that was cut off for a while is ${status} after ${attempts.length} attempts`)
}

async function longCut({ stack, link, way, marker }: Cut, found: Found): Promise<void> {
  const { pipeline, workflow, job } = await begin(stack, long, longConfig(marker))
  await stack.waitFor('its program', async () => (programs(marker).length > 0 ? true : undefined))
  const own = programs(marker)
  link.hold(way)
  await stack.waitFor(
    'the job to be given up',
    async () => {
      // Agents that can still be heard renew their leases until now. That this one was heard of longer ago still is said in the same
      // breath: one that was heard of since its lease ran out has forgotten the job, which ends in another way.
      await look(
        stack,
        `with unheard as (update agents set seen_at = now() - interval '2 hours')
         update attempts set lease_expires_at = now() - interval '1 hour' where phase <> 'finished'`,
      )
      return (await statusesOf(stack, pipeline))[0]?.status === 'infrastructure_fail' ? true : undefined
    },
    60_000,
  )
  const before = await wordOf(stack, job)
  await stack.api('POST', `/api/v2/workflow/${workflow}/rerun`, { from_failed: true })
  link.release()
  const contact = performance.now()
  await stack.waitFor('the programs of the job to be gone', async () =>
    programs(marker).some((pid) => own.includes(pid)) ? undefined : true,
  )
  const goneMs = performance.now() - contact
  found.goneAfterMs.push(goneMs)
  if (goneMs > 10_000)
    found.problems.push(`the programs of a job that was given up were there ${Math.round(goneMs)} ms`)
  const replaced = await stack.waitFor('the replacement to start', async () =>
    programs(marker).some((pid) => !own.includes(pid)) ? true : undefined,
  )
  const after = await wordOf(stack, job)
  if (replaced && after === before) found.closed++
  else found.problems.push(`a job that was given up changed afterwards: ${before} became ${after}`)
  const second = (await stack.workflows(pipeline)).at(-1)!.id
  await stack.api(
    'POST',
    `/api/v2/workflow/${second === workflow ? (await stack.workflows(pipeline))[0]!.id : second}/cancel`,
  )
  await stack.waitFor('the replacement to be gone', async () => (programs(marker).length === 0 ? true : undefined))
}

async function begin(stack: Stack, project: string, config: string) {
  await pushConfig(stack, project, `# ${performance.now()}\n${config}`)
  const pipeline = (await stack.latestPipeline(project)).id
  const workflow = (await stack.workflows(pipeline))[0]!.id
  const job = await stack.waitFor('the job to run', async () => {
    const [one] = await stack.jobs(workflow)
    return one?.status === 'running' ? one.id : undefined
  })
  return { pipeline, workflow, job }
}

async function statusesOf(stack: Stack, pipeline: string) {
  const workflows = await stack.workflows(pipeline)
  return (await Promise.all(workflows.map((workflow) => stack.jobs(workflow.id)))).flat()
}

/** What the database says of a job and its attempts; what came too late would show in it. */
async function wordOf(stack: Stack, job: string): Promise<string> {
  const rows = await look(
    stack,
    `select j.status, a.result, a.acknowledged, a.epoch, s.phase, s.result as step from jobs j join tasks t on t.job_id = j.id
       join attempts a on a.task_id = t.id left join steps s on s.attempt_id = a.id where j.id = $1 order by a.id, s.index`,
    [job],
  )
  return JSON.stringify(rows)
}

function programs(marker: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8') === `sleep\0${marker}\0`
    } catch {
      return false
    }
  })
}
