import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '@rondo/adapters'
import { sweepLeases } from '@rondo/conductor'
import { AppError, type ClaimedTask } from '@rondo/model'
import type { ControlPlane } from '@rondo/protocol'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import type { Experiment } from './experiment.ts'
import { look } from './look.ts'
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
          await Promise.all(
            claimed.map((task) => {
              const lie = lies[Math.floor(Math.random() * lies.length)]!
              told[lie] = (told[lie] ?? 0) + 1
              return carryOut(engine, planes, task, lie, witness)
            }),
          )
        }
        if (done % 1_000 === 0) say(`${done} of ${tasks} tasks`)
      }
      stop.abort()
      await sweeping
      return {
        problems: await problemsOf(engine, witness, tasks),
        figures: { tasks, ...told, starts: witness.starts() },
      }
    } finally {
      stop.abort()
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

async function carryOut(
  engine: TestEngine,
  planes: readonly ControlPlane[],
  task: ClaimedTask,
  lie: Lie,
  witness: Witness,
): Promise<void> {
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
  if (lie === 'starts it late' || lie === 'loses it') await becomeSilent(engine, task)
  if (lie === 'loses it') return
  if (lie === 'starts it twice at once') await Promise.all([container(one), container(other)])
  else await container(one)
  if (lie === 'starts it again later') await container(other)
}

/** Until the server has taken the task back, or has given up on it. */
async function becomeSilent(engine: TestEngine, { attemptId }: ClaimedTask): Promise<void> {
  const { connectionString } = engine.database
  for (;;) {
    const [row] = await look<{ current: boolean }>(
      connectionString,
      `with silent as (update attempts set lease_expires_at = now() - interval '1 minute' where id = $1 and phase <> 'finished')
       select t.attempt_id = a.id and t.phase = 'running' as current from attempts a join tasks t on t.id = a.task_id where a.id = $1`,
      [attemptId],
    )
    if (row?.current !== true) return
    await sleep(20)
  }
}

/** The loop that takes tasks back from agents that fell silent. */
async function sweep(engine: TestEngine, signal: AbortSignal): Promise<void> {
  const { store } = engine.database
  await store.engine.announce({ name: 'agents', roles: ['agents'] }, 3_600_000)
  await sweepLeases({ engine: store.engine, checks: engine.checks, clock: systemClock }, { everyMs: 50 }, signal)
}

async function problemsOf(engine: TestEngine, witness: Witness, tasks: number): Promise<readonly string[]> {
  const { connectionString } = engine.database
  const rows = await look<{ status: string; jobs: number }>(
    connectionString,
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
