import {
  buildAgent,
  buildHousehold,
  buildJob,
  buildWorkflow,
  claimOne,
  claimQuery,
  type Household,
  startTestDatabase,
  type TestDatabase,
} from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createStore, type Store } from './store.ts'

/** How much has finished before, in rows of jobs. What waits and runs is a handful. */
const past = 100_000
/** What is made before has lower numbers. */
const numbered = 1_000
const large = ['pipelines', 'workflows', 'jobs', 'tasks', 'attempts', 'steps', 'events', 'open_requirements'] as const
/** What waits, too, since statistics were taken last: blocked jobs of one workflow, and tasks for machines that are not there. */
const waiting = 5_000
/** Index entries that a use of the engine may read; it needs some dozens. */
const few = 1_000

/** A database and what belongs to its rows. */
interface Place {
  readonly database: TestDatabase
  readonly home: Household
}

let grown: Place

async function newPlace(): Promise<Place> {
  const database = await startTestDatabase()
  return { database, home: await buildHousehold(database.store) }
}

/** A use of the store for each path that is taken often, or while somebody waits. */
const uses: Readonly<Record<string, (store: Store, home: Household) => Promise<unknown>>> = {
  'claim and end': async (store, home) => {
    const agent = await buildAgent(store)
    const job = buildJob()
    await buildWorkflow(store, home.project, [job], { queue: true })
    const task = await claimOne(store, agent)
    await store.engine.claimedUnknown(agent, [], { leaseMs: 1_000, machine: { cpus: 1, memoryMb: 1 } })
    await store.engine.renew(agent, [task], 30_000)
    await store.engine.check(agent, task)
    await store.engine.attemptContext(task.attemptId)
    await store.engine.transact(async (tx) => {
      await tx.fence(agent, task)
      await tx.grant([task])
      await tx.acknowledge(task.attemptId, 1, 30_000)
      await tx.tryAttempts([{ ...task, agentId: agent }])
      await tx.finishAttempts([{ ...task, result: 'passed' }])
      const workflowId = await tx.workflowOfJob(job.id)
      await tx.lockWorkflow(workflowId!)
      await tx.rerunCount((await store.queries.workflow(workflowId!))!.pipelineId)
      await tx.saveJob({ id: job.id, status: 'success' })
    })
  },
  'look who did what': async (store, home) => {
    await store.settings.set({ organizationId: home.organization.id, projectId: null }, 'time.run', 7, null)
    await store.operations.administration(home.organization.id, { limit: 100 })
    await store.operations.administration(null, { limit: 100, token: '1000000000' })
    await store.queries.eventsOfProject(home.project.id, { limit: 100 })
  },
  'lose and queue again': async (store, home) => {
    const agent = await buildAgent(store)
    const { workflowId, pipeline } = await buildWorkflow(store, home.project, [buildJob()], { queue: true })
    const task = await claimOne(store, agent, { leaseMs: -1 })
    await store.engine.expired(10)
    await store.engine.transact(async (tx) => {
      await tx.requeue(task)
      await tx.redundantWorkflows(pipeline.id)
      await tx.saveWorkflow(workflowId, 'canceled')
    })
    await store.engine.claim(claimQuery(agent))
  },
  'decide what follows an end': async (store, home) => {
    const required = buildJob({ name: 'required' })
    const next = buildJob({ name: 'next', requires: [{ node: required.name, statuses: ['success'] }] })
    const { workflowId } = await buildWorkflow(store, home.project, [required, next])
    await store.engine.transact(async (tx) => {
      const settled = await tx.settle([{ jobId: required.id, as: 'success' }])
      expect(settled.map(({ job }) => job.id)).toEqual([next.id])
      await tx.statusesOf([workflowId])
      await tx.enqueue({ ...next, projectId: home.project.id }, 'docker', { cpus: 1, memoryMb: 1 })
      await tx.saveJob({ id: next.id, status: 'queued' })
    })
  },
  'look for what is due': async (store) => {
    await store.engine.overdue({ runMs: 1, queueMs: 1, approvalMs: 1, lockMs: 1 }, 10)
    await store.engine.dueChores(10)
    await store.engine.pendingPipelines(10)
    await store.schedules.due(10)
  },
  'show the queue': async (store, home) => {
    const job = buildJob()
    await buildWorkflow(store, home.project, [job], { queue: true })
    await store.queue.summary()
    await store.queue.entries('head', 10)
    await store.queue.wait(job.id)
    await store.queue.promote([job.id])
  },
  'show pages': async (store, home) => {
    const { items } = await store.queries.pipelines({ projectId: home.project.id }, { limit: 20 })
    const ids = items.map((pipeline) => pipeline.id)
    const workflows = await store.queries.workflowsOf(ids)
    const [job] = await store.queries.jobsOf(workflows.map((workflow) => workflow.id))
    await store.queries.job(job!.id)
    await store.queries.jobByNumber(home.project.id, numbered + 7)
    await store.queries.stepsOf(job!.id)
    await store.queries.eventsOf(ids[0]!, { limit: 100 })
    await store.queries.pipelineByNumber(home.project.id, numbered + 7)
    await store.queries.recentJobs({ projectId: home.project.id }, 30, 0)
    await store.queries.recentJobs({}, 30, 0)
  },
}

/** What agents and the server do all the time. */
const engineUses = ['claim and end', 'lose and queue again', 'decide what follows an end'] as const

describe('with much behind it', () => {
  beforeAll(async () => {
    grown = await newPlace()
    await fillPast(grown, past)
    await query(grown, 'vacuum analyze')
    await fillWaiting(grown)
  }, 180_000)

  afterAll(() => grown.database.stop())

  test.each(Object.entries(uses))('to %s never reads a large table from end to end', async (_what, use) => {
    const store = createStore({ connectionString: grown.database.connectionString, connections: 4 })
    const before = await scans(grown)

    await use(store, grown.home)
    // A connection tells what it did when it ends.
    await store.close()
    const after = await scans(grown)

    expect(Object.fromEntries(large.map((table) => [table, after[table]!.scans - before[table]!.scans]))).toEqual(
      Object.fromEntries(large.map((table) => [table, 0])),
    )
  })

  test.each(engineUses.flatMap((use) => [[use, 'unknown to the planner'] as const, [use, 'known to it'] as const]))(
    'to %s reads a few entries of indexes, however much waits, %s',
    async (what, statistics) => {
      if (statistics === 'known to it') await query(grown, 'analyze')
      const store = createStore({ connectionString: grown.database.connectionString, connections: 4 })
      const before = await scans(grown)

      await uses[what]!(store, grown.home)
      await store.close()
      const after = await scans(grown)

      expect(readMuch(before, after)).toEqual([])
    },
  )
})

test('uses that were planned while there was hardly anything read a few entries when there is much, before statistics', async () => {
  const young = await newPlace()
  try {
    // One connection of the engine, so that the plans it made are the ones it uses.
    const store = createStore({ connectionString: young.database.connectionString, connections: 2 })
    for (const use of engineUses) await uses[use]!(store, young.home)
    await fillPast(young, 5_000)
    const before = await scans(young)

    for (const use of engineUses) await uses[use]!(store, young.home)
    await store.close()
    const after = await scans(young)

    expect(readMuch(before, after)).toEqual([])
  } finally {
    await young.database.stop()
  }
})

type Scans = Readonly<Record<string, { readonly scans: number; readonly entries: number }>>

function readMuch(before: Scans, after: Scans): readonly (readonly [table: string, entries: number])[] {
  return large
    .map((table) => [table, after[table]!.entries - before[table]!.entries] as const)
    .filter(([, entries]) => entries > few)
}

async function scans(place: Place): Promise<Scans> {
  const { rows } = await query(
    place,
    `
    select t.relname as name, t.seq_scan::int as scans, coalesce(sum(i.idx_tup_read), 0)::int as entries
    from pg_stat_user_tables t left join pg_stat_user_indexes i using (relid) group by t.relid, t.relname, t.seq_scan`,
  )
  return Object.fromEntries(rows.map((row) => [row.name, row]))
}

async function fillPast(place: Place, jobs: number): Promise<void> {
  const { project, organization } = place.home
  const agentId = await buildAgent(place.database.store)
  await query(
    place,
    `
    insert into pipelines (project_id, number, state, errors, trigger, git, parameters)
      select '${project.id}', ${numbered} + n, 'created', '[]', 'webhook', '{"branch": "main"}', '{}' from generate_series(1, ${jobs / 5}) n;
    insert into workflows (pipeline_id, project_id, name, status, workspace_id, stopped_at)
      select id, project_id, 'main', 'success', id, now() from pipelines where number > ${numbered};
    insert into jobs (id, workflow_id, project_id, position, name, type, number, status, requires, contexts, parallelism, stopped_at)
      select uuidv7(), w.id, w.project_id, n, 'job-' || n, 'build', ${numbered} + row_number() over (), 'success', '[]', '[]', 1, now() from workflows w join pipelines p on p.id = w.pipeline_id, generate_series(1, 5) n where p.number > ${numbered};
    insert into tasks (job_id, index, phase, result, executor, cpus, memory_mb, organization_id, project_id, resource_class, attempt_id, attempts)
      select id, 0, 'finished', 'passed', 'docker', 1, 1, '${organization.id}', project_id, 'medium', uuidv7(interval '-1 day'), 1 from jobs where number > ${numbered};
    insert into attempts (id, task_id, number, epoch, agent_id, phase, result, lease_expires_at)
      select attempt_id, id, 1, 1, '${agentId}', 'finished', 'passed', now() from tasks where attempt_id is not null on conflict do nothing;
    insert into steps (attempt_id, task_index, index, name, type, phase, background, started_at) select id, 0, 0, 'step', 'run', 'finished', false, now() from attempts on conflict do nothing;
    insert into events (kind, organization_id, project_id, pipeline_id, workflow_id, data) select 'workflow.finished', '${organization.id}', project_id, pipeline_id, id, '{}' from workflows;
    update projects set build_number = ${numbered + jobs}, pipeline_number = ${numbered + jobs / 5} where id = '${project.id}'`,
  )
}

async function fillWaiting(place: Place): Promise<void> {
  const { project, organization } = place.home
  await query(
    place,
    `
    with w as (insert into workflows (pipeline_id, project_id, name, status, workspace_id)
      select id, project_id, 'waiting', 'running', id from pipelines where project_id = '${project.id}' and number = ${numbered + 1} returning id, project_id)
    insert into jobs (id, workflow_id, project_id, position, name, type, status, requires, contexts, parallelism)
      select uuidv7(), w.id, w.project_id, n, 'waiting-' || n, 'build', 'blocked', '[]', '[]', 1 from w, generate_series(1, ${waiting}) n;
    insert into open_requirements (required_id, job_id, statuses)
      select id, lead(id, 1, id) over (order by position), '["success"]' from jobs where status = 'blocked'`,
  )
  await query(
    place,
    `
    insert into tasks (job_id, index, executor, cpus, memory_mb, organization_id, project_id, resource_class)
      select id, 0, 'machine', 1, 1, '${organization.id}', project_id, 'medium' from jobs where status = 'blocked'`,
  )
}

async function query({ database }: Place, text: string) {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}
