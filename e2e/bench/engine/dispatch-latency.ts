import { buildJob, buildWorkflow, startTestEngine, type TestEngine } from '@rondo/testkit'
import pg from 'pg'
import { type Figure, ms, quantile } from '../figure.ts'

const rounds = 200
const queued = 10_000
const finished = 1_000_000

/** From a job being queued to its task in an agent's hands, in an empty database and in one that has much in it. */
export async function dispatchLatency(): Promise<readonly Figure[]> {
  const engine = await startTestEngine()
  try {
    const empty = await latencies(engine)
    await fillHistory(engine)
    const { project } = await engine.home()
    await buildWorkflow(engine.database.store, project, [buildJob({ parallelism: queued })], { queue: true })
    const full = await latencies(engine)
    const both = (times: readonly number[]) => `${ms(quantile(times, 0.5))}, p95 ${ms(quantile(times, 0.95))}`
    return [
      {
        name: `dispatch with ${queued} tasks queued and ${finished} jobs finished`,
        ours: both(full),
        ratio: `${(quantile(full, 0.5) / quantile(empty, 0.5)).toFixed(2)} ×`,
        floor: `${both(empty)} (an empty database)`,
        aim: '≤ 1.2 × the floor',
      },
    ]
  } finally {
    await engine.stop()
  }
}

async function latencies(engine: TestEngine): Promise<readonly number[]> {
  const times: number[] = []
  const { project } = await engine.home()
  for (let round = 0; round < rounds; round++) {
    const job = buildJob()
    await buildWorkflow(engine.database.store, project, [job])
    const begun = performance.now()
    await engine.database.store.engine.transact((tx) =>
      tx.enqueue({ ...job, projectId: project.id }, 'docker', { cpus: 1, memoryMb: 2048 }),
    )
    const [task] = await engine.claim(1)
    times.push(performance.now() - begun)
    if (task === undefined) throw new Error('nothing was there to claim')
  }
  return times
}

/** Copies of one finished job, with their tasks and attempts, in workflows of a thousand. */
async function fillHistory(engine: TestEngine): Promise<void> {
  const { project } = await engine.home()
  const { store, connectionString } = engine.database
  const job = buildJob()
  const { workflowId } = await buildWorkflow(store, project, [job], { queue: true })
  const client = new pg.Client({ connectionString })
  await client.connect()
  const copy = async (text: string) => client.query(text, [workflowId, finished])
  await copy(`insert into workflows (id, pipeline_id, project_id, name, status, workspace_id, stopped_at)
    select uuidv7(), pipeline_id, project_id, 'old', 'success', id, now() from workflows, generate_series(1, $2::int / 1000) where id = $1`)
  await copy(`insert into jobs (id, workflow_id, project_id, position, name, type, number, status, requires, contexts, parallelism, stopped_at)
    select uuidv7(), w.id, w.project_id, n, 'old-' || n, 'build', 1000 + row_number() over (), 'success', '[]', '[]', 1, now()
    from workflows w, generate_series(1, 1000) n where w.name = 'old' and w.workspace_id = $1 and $2::int > 0`)
  await copy(`insert into tasks (id, job_id, index, phase, result, executor, cpus, memory_mb, organization_id, project_id, resource_class, attempt_id, attempts, epoch)
    select uuidv7(), j.id, 0, 'finished', 'passed', 'docker', 1, 2048, p.organization_id, p.id, 'small', uuidv7(), 1, 1
    from workflows w join jobs j on j.workflow_id = w.id join projects p on p.id = j.project_id where w.workspace_id = $1 and w.name = 'old' and $2::int > 0`)
  await client.query(
    `insert into attempts (id, task_id, number, epoch, agent_id, phase, result, lease_expires_at, finished_at)
      select t.attempt_id, t.id, 1, 1, $1, 'finished', 'passed', now(), now() from tasks t where t.phase = 'finished' and t.attempts = 1 and t.result = 'passed'`,
    [engine.agentId],
  )
  await client.query('vacuum analyze')
  await client.end()
  // The one that was copied does not stay in the queue.
  await engine.claim(1)
}
