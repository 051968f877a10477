import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '@rondo/adapters'
import { announce, sweepLeases } from '@rondo/conductor'
import { AppError, type ClaimedTask } from '@rondo/model'
import type { ControlPlane } from '@rondo/protocol'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import pg from 'pg'
import type { Experiment } from './experiment.ts'
import { smallConfig } from './small-work.ts'

/** Each is what a scheduler of containers may do with one task that it was given. */
const lies = [
  'starts it once',
  'starts it twice at once',
  'starts it again later',
  'starts it late',
  'loses it',
] as const
type Lie = (typeof lies)[number]
const atOnce = 50

/**
 * A scheduler that is told to start one container a task, and starts two, one too late, or none. Each container asks the server
 * for its start, through one of two server processes; the witness is what they were answered.
 */
export const schedulerLies: Experiment<{ readonly tasks: number }> = {
  rows: 'R-33',
  what: 'whoever starts the containers of tasks starts two, one too late, or none',
  full: { tasks: 10_000 },
  async run({ tasks }, { say }) {
    const engine = await startTestEngine()
    const database = new pg.Pool({ connectionString: engine.database.connectionString, max: 4 })
    // Connections that are closed may still be told that the database goes.
    database.on('connect', (client) => void client.on('error', () => {}))
    database.on('error', () => {})
    const stop = new AbortController()
    try {
      const planes = [engine.plane, engine.restart()]
      const { project } = await engine.home()
      const sweeping = sweep(engine, stop.signal)
      const witness = createWitness()
      const told: Record<string, number> = {}
      for (let done = 0; done < tasks; done += atOnce) {
        await engine.push(project, smallConfig(Math.min(atOnce, tasks - done)))
        // What was lost or late comes again, and is started once at last.
        for (let claimed = await engine.claim(); claimed.length > 0; claimed = await engine.claim()) {
          const carried = await Promise.allSettled(
            claimed.map((task) => {
              const lie = lies[Math.floor(Math.random() * lies.length)]!
              told[lie] = (told[lie] ?? 0) + 1
              return carryOut({ engine, database, planes, witness }, task, lie)
            }),
          )
          for (const one of carried) if (one.status === 'rejected') throw one.reason
        }
        if (done % 1_000 === 0) say(`${done} of ${tasks} tasks`)
      }
      stop.abort()
      await sweeping
      return {
        problems: await problemsOf(database, witness, tasks),
        figures: { tasks, ...told, starts: witness.starts() },
      }
    } finally {
      stop.abort()
      await database.end()
      await engine.stop()
    }
  },
}

interface Witness {
  started(taskId: string): void
  starts(): number
  twice(): number
}

/** Counts what containers were allowed to do, where no server can look. */
function createWitness(): Witness {
  const starts = new Map<string, number>()
  return {
    started: (taskId) => void starts.set(taskId, (starts.get(taskId) ?? 0) + 1),
    starts: () => [...starts.values()].reduce((sum, count) => sum + count, 0),
    twice: () => [...starts.values()].filter((count) => count > 1).length,
  }
}

interface Scene {
  readonly engine: TestEngine
  readonly database: pg.Pool
  /** Of two server processes. */
  readonly planes: readonly ControlPlane[]
  readonly witness: Witness
}

async function carryOut(scene: Scene, task: ClaimedTask, lie: Lie): Promise<void> {
  const { engine, planes, witness } = scene
  const { identity } = await engine.database.store.engine.attemptContext(task.attemptId)
  /** One container: it runs its job when it may. */
  const container = async (plane: ControlPlane) => {
    try {
      await plane.grant(task)
    } catch (error) {
      if (error instanceof AppError && ['conflict', 'gone'].includes(error.code)) return
      throw error
    }
    witness.started(identity.taskId)
    await engine.end(task)
  }
  const [one, other] = planes as readonly [ControlPlane, ControlPlane]
  if (lie === 'starts it late' || lie === 'loses it') await becomeSilent(scene, task)
  if (lie === 'loses it') return
  if (lie === 'starts it twice at once') await Promise.all([container(one), container(other)])
  else await container(one)
  if (lie === 'starts it again later') await container(other)
}

/** Until the server has taken the task back, or has given up on it. */
async function becomeSilent({ database }: Scene, { attemptId }: ClaimedTask): Promise<void> {
  for (;;) {
    const { rows } = await database.query<{ current: boolean }>(
      `with silent as (update attempts set lease_expires_at = now() - interval '1 minute' where id = $1 and phase <> 'finished')
       select t.attempt_id = a.id and t.phase = 'running' as current from attempts a join tasks t on t.id = a.task_id where a.id = $1`,
      [attemptId],
    )
    if (rows[0]?.current !== true) return
    await sleep(20)
  }
}

/** The loop that takes tasks back from agents that fell silent. */
async function sweep(engine: TestEngine, signal: AbortSignal): Promise<void> {
  const { store } = engine.database
  const ports = { engine: store.engine, checks: engine.checks, clock: systemClock }
  // Nobody is silent who has nobody to speak to.
  const serving = announce(ports, { instance: { name: 'agents', roles: ['agents'] } }, signal)
  await sweepLeases(ports, { everyMs: 50 }, signal)
  await serving
}

async function problemsOf(database: pg.Pool, witness: Witness, tasks: number): Promise<readonly string[]> {
  const { rows } = await database.query<{ status: string; jobs: number }>(
    'select status, count(*)::int as jobs from jobs group by status',
  )
  const problems: string[] = []
  if (witness.twice() > 0) problems.push(`${witness.twice()} tasks were started twice`)
  const known = rows.reduce((sum, { jobs }) => sum + jobs, 0)
  if (known !== tasks) problems.push(`there are ${known} jobs of ${tasks}`)
  // A task that is lost three times before its start is given up, and that is how it is told.
  for (const { status, jobs } of rows)
    if (!['success', 'infrastructure_fail'].includes(status)) problems.push(`${jobs} jobs are ${status}`)
  const succeeded = rows.find(({ status }) => status === 'success')?.jobs ?? 0
  if (witness.starts() !== succeeded) problems.push(`${witness.starts()} starts made ${succeeded} jobs succeed`)
  return problems
}
