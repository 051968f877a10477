import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack } from '@rondo/testkit'
import { startStubAgent } from '../bench/engine/stub-agent.ts'
import { type Experiment, quantile } from './experiment.ts'
import { look } from './look.ts'
import { type OwnDatabase, startOwnDatabase } from './own-database.ts'
import { pipelineOf, workUntil } from './small-work.ts'
import { watchStillness } from './stillness.ts'

/** After so long a listener that fell silent has been found out and is there again (rule R-06). */
const mendedMs = 15_000
const calmMs = 5_000

/** The listening connection is ended by PostgreSQL, or falls silent, by turns; how long work waits for an agent meanwhile. */
export const listener: Experiment<{ readonly rounds: number; readonly 'per-second': number }> = {
  rows: 'R-06',
  what: 'the connection that listens for notifications is ended, or falls silent; work is found all the same',
  full: { rounds: 20, 'per-second': 4 },
  async run({ rounds, 'per-second': rate }, { say }) {
    const database = await startOwnDatabase()
    const stack = await startStack({ env: { DATABASE_URL: database.url, RONDO_AGENT: 'none' } })
    const stop = new AbortController()
    const stillness = watchStillness()
    try {
      await stack.createProject('acme', 'small')
      const trigger = await pipelineOf(stack, 'acme/small')
      const working = workUntil(await startStubAgent(stack), { slots: 4 }, stop.signal)
      const [whole, broken, mended]: [string[], string[], string[]] = [[], [], []]
      const triggerFor = async (ms: number, into: string[]) => {
        for (const until = performance.now() + ms; performance.now() < until; await sleep(1_000 / rate))
          into.push(await trigger())
      }
      await triggerFor(calmMs, whole)
      for (let round = 1; round <= rounds; round++) {
        const kind = round % 2 === 1 ? 'ended' : 'silent'
        say(`round ${round}: the listening connection is ${kind}`)
        await strike(database, kind)
        await triggerFor(mendedMs, broken)
        await triggerFor(calmMs, mended)
      }
      const waits = await waitsOf(stack, database, [...whole, ...broken, ...mended])
      stop.abort()
      await working
      const of = (ids: readonly string[]) => ids.flatMap((id) => waits.get(id) ?? [])
      // The agent is in this process.
      const still = stillness.longestMs()
      const [during, after] = [quantile(of(broken), 0.99), quantile(of(mended), 0.9)]
      return {
        problems: [
          ...(during > 3_000 + still
            ? [`while the listener was broken work waited ${during} ms (p99) for an agent`]
            : []),
          ...(after > 1_000 + still ? [`15 s later it still waited ${after} ms (p90)`] : []),
        ],
        figures: {
          pipelines: waits.size,
          'this process stood still, ms': Math.round(still),
          'waited before, ms (p50)': quantile(of(whole), 0.5),
          'waited while broken, ms (p50)': quantile(of(broken), 0.5),
          'waited while broken, ms (p99)': during,
          'waited 15 s after, ms (p50)': quantile(of(mended), 0.5),
          'waited 15 s after, ms (p90)': after,
        },
      }
    } finally {
      stop.abort()
      stillness.end()
      await stack.stop()
      await database.remove()
    }
  },
}

async function strike(database: OwnDatabase, kind: 'ended' | 'silent'): Promise<void> {
  const [backend] = await look<{ pid: number; port: number }>(
    database.direct,
    `select pid, client_port as port from pg_stat_activity where query in ('listen rondo', 'select 1')`,
  )
  if (backend === undefined) throw new Error('nobody listens')
  if (kind === 'ended') await look(database.direct, 'select pg_terminate_backend($1)', [backend.pid])
  else database.link.connections.find((connection) => connection.localPort === backend.port)?.hold()
}

/** How long the task of each pipeline waited for an agent, once all have one. */
function waitsOf(
  stack: Stack,
  database: OwnDatabase,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  return stack.waitFor('every task to be claimed', async () => {
    const rows = await look<{ id: string; ms: number }>(
      database.direct,
      `select pipeline_id as id, (data->>'waitedMs')::int as ms from events where kind = 'task.claimed' and pipeline_id = any($1)`,
      [ids],
    )
    return rows.length < ids.length ? undefined : new Map(rows.map(({ id, ms }) => [id, [ms]]))
  })
}
