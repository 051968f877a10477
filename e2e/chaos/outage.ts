import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack } from '@rondo/testkit'
import { countingConfig, isCountOf } from './counted-jobs.ts'
import type { Experiment } from './experiment.ts'
import { countRows, look } from './look.ts'
import { startOwnAgents } from './own-agents.ts'
import { startOwnDatabase } from './own-database.ts'
import { pushConfig } from './push.ts'

const project = 'acme/outage'

/** Of small jobs a machine runs this many at once: its processors are offered twice over. */
const jobsAnAgent = availableParallelism() * 2

/**
 * PostgreSQL is away while jobs run to their end. It is really away for some seconds; for the database, whose clock alone
 * decides who is lost, an hour has passed when it comes back.
 */
export const outage: Experiment<{ readonly jobs: number; readonly seconds: number; readonly minutes: number }> = {
  rows: 'R-03',
  what: 'PostgreSQL is away for an hour of its clock while jobs of several agents run to their end',
  full: { jobs: 50, seconds: 120, minutes: 60 },
  async run({ jobs, seconds, minutes }, { executor, say }) {
    const database = await startOwnDatabase()
    // A line a second: long enough that all have started when it goes, and short enough that they end while it is away.
    const lines = Math.ceil(2 + jobs * 0.8 + seconds / 2)
    const stack = await startStack({ executor, env: { DATABASE_URL: database.url, RONDO_AGENT: 'none' } })
    const agents = await startOwnAgents(stack, Math.ceil(jobs / jobsAnAgent), { executor })
    try {
      await stack.createProject('acme', 'outage')
      const all = Array.from({ length: jobs }, (_, index) => ({ name: `count-${index + 1}`, n: index + 1 }))
      await pushConfig(stack, project, countingConfig(all, lines, 1_000))
      const { id } = await stack.latestPipeline(project)
      const workflow = (await stack.workflows(id))[0]!.id
      const countOf = async (status: string) =>
        (await stack.jobs(workflow)).filter((job) => job.status === status).length
      await stack
        .waitFor(
          'the jobs to run',
          async () => ((await countOf('running')) + (await countOf('success')) === jobs ? true : undefined),
          300_000,
        )
        .catch(async (cause: unknown) => {
          const statuses = (await stack.jobs(workflow)).map((job) => job.status)
          throw new Error(`not all jobs ran: ${statuses.join(', ')}`, { cause })
        })
      const running = await countOf('running')
      say(`${running} jobs run; PostgreSQL goes`)
      const gone = new Date()
      database.link.refuse()
      await database.stop()
      const refusal = await statusOf(stack)
      await sleep(seconds * 1_000)
      const returned = new Date()
      await database.start()
      await passTime(database.direct, minutes)
      database.link.release()
      say(`PostgreSQL is back, ${minutes} minutes later by its clock`)
      const back = performance.now()
      await stack.waitForWorkflow(id, 'main', ['success', 'failed', 'error', 'canceled'], 600_000)
      const settledMs = performance.now() - back
      const problems = refusal === 503 ? [] : [`while PostgreSQL was away the API answered with ${refusal}`]
      let whole = 0
      for (const job of await stack.jobs(workflow)) {
        const [step] = (await stack.steps(job.id)).filter(({ name }) => name === 'count')
        const output = step === undefined ? Buffer.alloc(0) : await stack.output(step.id)
        const n = all.find(({ name }) => name === job.name)?.n ?? 0
        if (job.status !== 'success') problems.push(`${job.name} is ${job.status}`)
        else if (!isCountOf(n, lines, output)) problems.push(`${job.name} has another output`)
        else whole++
      }
      const meanwhile = await countRows(
        database.direct,
        `select from steps where name = 'count' and finished_at between '${gone.toISOString()}' and '${returned.toISOString()}'`,
      )
      const used = await countRows(database.direct, 'select distinct agent_id from attempts')
      return {
        problems,
        figures: {
          jobs,
          agents: agents.length,
          'agents that had jobs': used,
          'ran when PostgreSQL went': running,
          'ended while it was away': meanwhile,
          'results delivered with every byte': whole,
          'all known again after, s': Math.round(settledMs / 100) / 10,
        },
      }
    } finally {
      await Promise.all(agents.map((agent) => agent.remove()))
      await stack.stop()
      await database.remove()
    }
  },
}

const statusOf = (stack: Stack) => stack.status('GET', '/api/v2/me', { headers: { 'circle-token': stack.admin.token } })

/** Everything that the database remembers was this much longer ago. */
async function passTime(database: string, minutes: number): Promise<void> {
  const columns = [
    ['attempts', 'lease_expires_at'],
    ['attempts', 'claimed_at'],
    ['attempts', 'granted_at'],
    ['instances', 'since'],
    ['instances', 'seen_at'],
    ['agents', 'seen_at'],
    ['jobs', 'queued_at'],
    ['jobs', 'started_at'],
    ['workflows', 'created_at'],
  ]
  for (const [table, column] of columns)
    await look(database, `update ${table} set ${column} = ${column} - $1 * interval '1 minute'`, [minutes])
}
