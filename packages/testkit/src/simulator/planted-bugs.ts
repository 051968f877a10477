import { AppError, type EngineStore, type EngineTransaction } from '@rondo/model'
import type { Random } from './random.ts'
import { alterTransactions, type Sabotage } from './sabotage.ts'

type Alteration = (tx: EngineTransaction, random: Random) => Partial<EngineTransaction>

/** A bug in one or a few of the statements that the conductor makes. */
function inStatements(alter: Alteration): Sabotage {
  return { engine: (engine, random) => alterTransactions(engine, (tx) => alter(tx, random)) }
}

/** A bug outside of the conductor's transactions. */
function inStore(alter: (engine: EngineStore, random: Random) => Partial<EngineStore>): Sabotage {
  return { engine: (engine, random) => ({ ...engine, ...alter(engine, random) }) }
}

/** Bugs as people make them, each planted between the conductor and its store. The simulator has to find every one. */
export const plantedBugs: Readonly<Record<string, Sabotage>> = {
  'a change of a job is not told': inStatements((tx) => ({
    append: async (event) => (event.kind === 'job.changed' ? undefined : tx.append(event)),
  })),
  'the end of a job is told twice': inStatements((tx) => ({
    async append(event) {
      await tx.append(event)
      if (event.kind === 'job.finished') await tx.append(event)
    },
  })),
  'who approved is not written down': inStatements((tx) => ({
    append: async (event) => (event.kind === 'job.approved' ? undefined : tx.append(event)),
  })),
  'a failed job is saved as a success': inStatements((tx) => ({
    saveJob: (change) => tx.saveJob(change.status === 'failed' ? { ...change, status: 'success' } : change),
  })),
  'the end of a workflow is not saved': inStatements((tx) => ({
    saveWorkflow: async (id, status, by) => (status === 'success' ? undefined : tx.saveWorkflow(id, status, by)),
  })),
  'a job has one slice, whatever its parallelism': inStatements((tx) => ({
    enqueue: (job, executor, resources) => tx.enqueue({ ...job, parallelism: 1 }, executor, resources),
  })),
  'a job is said to be queued, and is not': inStatements((tx) => ({
    enqueue: (job) => tx.numberJob(job),
  })),
  'canceled jobs keep their tasks': inStatements(() => ({ stopTasks: async () => {} })),
  'an agent that came back in time is taken for lost': inStatements(() => ({ lockExpired: async () => true })),
  'what is reported twice is recorded twice': inStatements((tx, random) => ({
    acknowledge: async (attemptId, sequence, leaseMs) =>
      random.chance(0.3) ? undefined : tx.acknowledge(attemptId, sequence, leaseMs),
  })),
  'one entry of a report is passed over': inStatements((tx) => ({
    acknowledge: (attemptId, sequence, leaseMs) => tx.acknowledge(attemptId, sequence + 1, leaseMs),
  })),
  'the end of an attempt is not saved': inStatements(() => ({
    finishAttempts: async (ends) => new Map(ends.map((end) => [end.attemptId, []])),
  })),
  'every attempt is saved as passed': inStatements((tx) => ({
    finishAttempts: (ends) => tx.finishAttempts(ends.map((end) => ({ ...end, result: 'passed' }))),
  })),
  'an attempt whose agent is gone is not queued again': inStatements(() => ({ requeue: async () => {} })),
  'locks are never given back': inStatements(() => ({ releaseLocks: async () => ({ released: [], given: [] }) })),
  'everybody gets the lock': inStatements(() => ({ requestLock: async () => 'held' })),
  'every context is taken to be there': inStatements(() => ({ contextNames: async () => ['team', 'ghost'] })),
  'a pipeline gets the number of the one before': inStore((engine) => ({
    async reservePipeline(projectId, once) {
      const reserved = await engine.reservePipeline(projectId, once)
      return { ...reserved, number: Math.max(1, reserved.number - 1) }
    },
  })),
  'jobs of a new workflow have ended before they began': inStatements((tx) => ({
    createWorkflow: (workflow) =>
      tx.createWorkflow({ ...workflow, jobs: workflow.jobs.map((job) => ({ ...job, status: 'success' })) }),
  })),
  'the output of a step is not ended': inStatements((tx) => ({
    addChore: async (kind, subject) => (kind === 'close-output' ? undefined : tx.addChore(kind, subject)),
  })),
  'every statement is committed by itself': inStore((engine) => ({
    transact: (work) => work(oneByOne(engine)),
  })),
  'success is told before the commit, which fails': inStore((engine, random) => ({
    transact: (work) => (random.chance(0.1) ? withoutCommit(engine, work) : engine.transact(work)),
  })),
  'agents are not told to stop': inStore((engine) => ({
    async renew(agentId, attempts, leaseMs) {
      await engine.renew(agentId, attempts, leaseMs)
      return []
    },
  })),
  'nobody looks after silent agents': inStore(() => ({ expired: async () => [] })),
  'a silent agent is taken for one that forgot': inStore((engine) => ({
    expired: async (limit) => (await engine.expired(limit)).map((attempt) => ({ ...attempt, unspokenMs: 3_600_000 })),
  })),
  'chores that advance a workflow are forgotten': inStore((engine) => ({
    dueChores: async (limit) => (await engine.dueChores(limit)).filter((chore) => chore.kind !== 'advance'),
  })),
  'limits are not looked at': { seen: (view) => ({ ...view, limits: [] }) },
  'a limit lets one more run': {
    seen: (view) => ({ ...view, limits: view.limits.map((limit) => ({ ...limit, maxTasks: limit.maxTasks + 1 })) }),
  },
  'only what a project runs is counted against the limit of all': {
    seen: ({ limits, ...view }) => ({
      ...view,
      limits: limits.map((limit) => (limit.organizationId === null ? { ...limit, projectId: 'nobody' } : limit)),
    }),
  },
  'what was promoted waits like all others': {
    seen: (view) => ({ ...view, lines: view.lines.map((line) => ({ ...line, promoted: false })) }),
  },
  'shares are not looked at': { seen: ({ shares: _, ...view }) => view },
  'the shares of organisations are not looked at': {
    seen: ({ shares = [], ...view }) => ({ ...view, shares: shares.filter((one) => one.projectId !== null) }),
  },
  'what was given lately is forgotten': { seen: (view) => ({ ...view, given: [] }) },
  'whoever runs most gets more': {
    seen: (view) => ({ ...view, running: view.running.map((one) => ({ ...one, cpus: -one.cpus })) }),
  },
  'who came last is served first': {
    seen: (view) => ({ ...view, lines: view.lines.map((line) => ({ ...line, since: -1e12 - line.since })) }),
  },
  'the oldest task holds up all others': {
    seen: (view) => ({ ...view, lines: view.lines.toSorted((a, b) => a.since - b.since).slice(0, 1) }),
  },
  'a batch cancels whatever waits': {
    queue: (queue) => ({ ...queue, matching: (_, limit) => queue.matching({}, limit) }),
  },
  'a schedule runs whatever others did': inStatements((tx) => ({
    fireSchedule: async (run) => (await tx.fireSchedule(run)) ?? { lateMs: 0 },
  })),
  'the time of a schedule is not moved on': inStatements(() => ({ fireSchedule: async () => ({ lateMs: 0 }) })),
  'every run that was missed is caught up': {
    schedules: (schedules) => ({
      ...schedules,
      due: async (limit) => (await schedules.due(limit)).map((one) => ({ ...one, lateMs: 0 })),
    }),
  },
  'a server whose clock is ahead leaves runs out': {
    schedules: (schedules) => ({
      ...schedules,
      due: async (limit) => (await schedules.due(limit)).map((one) => ({ ...one, lateMs: one.lateMs + 600_000 })),
    }),
  },
  'retention takes what is young': { retention: ['young'] },
  'retention takes what runs': { retention: ['running'] },
  'retention takes the newest pipeline': { retention: ['newest'] },
  'retention takes workspaces that are needed': { retention: ['needed'] },
  'retention takes jobs before their pipeline': { retention: ['jobs first'] },
  'retention leaves what a job left': { retention: ['rows left'] },
  'retention takes the first part for the whole': { retention: ['not finished'] },
  'started attempts are given up at the end of their lease': { sweeper: { lostAfterMs: 0 } },
}

/** Writes that each are a transaction of their own. */
function oneByOne(engine: EngineStore): EngineTransaction {
  return new Proxy({} as EngineTransaction, {
    get:
      (_, name: keyof EngineTransaction) =>
      (...values: never[]) =>
        engine.transact((tx) => (tx[name] as (...all: never[]) => Promise<unknown>)(...values)),
  })
}

async function withoutCommit<T>(engine: EngineStore, work: (tx: EngineTransaction) => Promise<T>): Promise<T> {
  let result: { value: T } | undefined
  try {
    return await engine.transact(async (tx) => {
      result = { value: await work(tx) }
      throw new AppError('unavailable', 'The commit failed.')
    })
  } catch (error) {
    if (result === undefined) throw error
    return result.value
  }
}
