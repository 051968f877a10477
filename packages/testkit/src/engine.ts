import { join } from 'node:path'
import {
  boxSealer,
  createFileTokenSigner,
  openFileKeyRing,
  openFileObjects,
  openFileOutput,
  randomId,
  systemClock,
} from '@rondo/adapters'
import { openAnswers } from '@rondo/agent'
import {
  createAttemptCredentials,
  createContinuationKeys,
  createDispatcher,
  createInlineCompiler,
  createOrbLookup,
  createStandIns,
  createStartChecks,
  createUserActions,
  type Dispatcher,
  type DispatcherPorts,
  doDueChores,
  type StartChecks,
} from '@rondo/conductor'
import type {
  ClaimedTask,
  Job,
  KeyRing,
  Pipeline,
  Project,
  Result,
  Schedule,
  StepOutput,
  TokenSigner,
  TriggerRequest,
  UserActions,
} from '@rondo/model'
import type { AgentHello, ControlPlane, ReportEntry, SealedControlPlane } from '@rondo/protocol'
import pg from 'pg'
import { buildHousehold, buildRevision, claimQuery, type Household } from './builders.ts'
import { startTestDatabase, type TestDatabase } from './database.ts'

/** The conductor over a real database, with a repository whose config a test writes down, and one agent with room for everything. */
export interface TestEngine {
  readonly database: TestDatabase
  readonly actions: UserActions
  /** The agent's side of the contract. */
  readonly plane: ControlPlane
  readonly agentId: string
  /** The side of one more agent, which has room too. */
  anotherAgent(): Promise<ControlPlane>
  /** The side of whichever process of whichever agent. */
  planeOf(agent: Parameters<Dispatcher['controlPlane']>[0]): ControlPlane
  /** The server's side of the contract for that process, as the agents' port has it. */
  sealedPlaneOf(agent: Parameters<Dispatcher['controlPlane']>[0]): SealedControlPlane
  home(): Promise<Household>
  /** Makes a pipeline of this config, as a push to a branch does unless `parts` say otherwise. */
  push(project: Project, config: string, parts?: Partial<TriggerRequest>): Promise<Pipeline>
  /** Status of every job of a pipeline's newest workflow (of that name), by job name. */
  statuses(pipeline: Pick<Pipeline, 'id'>, workflow?: string): Promise<Readonly<Record<string, Job['status']>>>
  workflow(pipeline: Pick<Pipeline, 'id'>, name?: string): Promise<{ id: string; status: string }>
  job(pipeline: Pick<Pipeline, 'id'>, name: string): Promise<Job>
  /** Takes whatever waits in the run queue, at most `tasks`. */
  claim(tasks?: number): Promise<readonly ClaimedTask[]>
  /** Grants and ends a claimed task. */
  finish(task: ClaimedTask, result?: Result, message?: string): Promise<void>
  /** Takes and grants the task of this job, which must be waiting; tasks of others that come before are passed through. */
  take(pipeline: Pick<Pipeline, 'id'>, name: string): Promise<ClaimedTask>
  /** Ends a granted task. */
  end(task: ClaimedTask, result?: Result, message?: string): Promise<void>
  /** Takes and ends the task of this job; it must be waiting. */
  run(pipeline: Pick<Pipeline, 'id'>, name: string, result?: Result): Promise<void>
  /** The agent's side as a server that starts now sees it: nothing that only memory held is there. */
  restart(): ControlPlane
  /** Seals the secrets of jobs, and signs their tokens. */
  readonly keyRing: KeyRing
  readonly signer: TokenSigner
  /** Output of steps, as the server keeps it. */
  readonly output: StepOutput
  /** What the configs of a project's branches have run on schedule. */
  schedulesOf(projectId: string): Promise<readonly Schedule[]>
  /** Lets what waits have waited this much longer. */
  age(ms: number): Promise<void>
  /** Does what must follow the commits so far, as a server does it by itself. */
  settle(): Promise<void>
  readonly checks: StartChecks
  stop(): Promise<void>
}

const publicUrl = 'http://ci.example.com'

const testAgent: AgentHello = {
  name: 'test-agent',
  version: '1',
  hostname: 'host',
  os: 'linux',
  arch: 'x64',
  cpus: 64,
  memoryMb: 262_144,
  executors: ['docker'],
}

/** `agent: false`: none has joined. */
export async function startTestEngine({ agent = true }: { readonly agent?: boolean } = {}): Promise<TestEngine> {
  const database = await startTestDatabase()
  const { store, folder } = database
  const configs = new Map<string, string>()
  const repository = (name: { organization: string; name: string }) => `${name.organization}/${name.name}`
  const continuationKeys = createContinuationKeys(Buffer.alloc(32))
  const actions = createUserActions({
    engine: store.engine,
    compiler: createInlineCompiler(createOrbLookup(store.orbs, { settings: store.settings })),
    continuationKeys,
    repositories: {
      create: async () => {},
      exists: async () => true,
      branches: async () => [],
      resolve: async (_name, ref) =>
        ref.branch === 'missing'
          ? undefined
          : buildRevision({ branch: ref.branch ?? (ref.tag || ref.revision ? null : 'main'), tag: ref.tag ?? null }),
      readFile: async (name) => Buffer.from(configs.get(repository(name)) ?? ''),
    },
    publicUrl,
    clock: systemClock,
    newId: randomId,
  })
  const checks = createStartChecks(randomId)
  const output = await openFileOutput(join(folder, 'output'))
  const keyRing = await openFileKeyRing(join(folder, 'key-ring.json'))
  const signer = createFileTokenSigner(join(folder, 'signing-keys.json'), systemClock)
  const ports: DispatcherPorts = {
    engine: store.engine,
    wakeups: store.wakeups,
    agents: store.agents,
    holds: store.holds,
    sshAccess: store.sshAccess,
    usage: store.usage,
    objects: await openFileObjects(join(folder, 'objects')),
    output,
    checks,
    clock: systemClock,
    boxes: boxSealer,
    taskSpec: {
      secrets: store.secrets,
      settings: store.settings,
      sshKeys: store.sshKeys,
      checkoutKeys: store.checkoutKeys,
      keyRing,
      sshHosting: { url: 'ssh://git@ci.example.com:2222', hostKey: 'ssh-ed25519 host' },
      credentials: createAttemptCredentials(Buffer.alloc(32)),
      continuationKeys,
      standIns: createStandIns(Buffer.alloc(32)),
      signer,
      publicUrl,
      limits: { maxRunMs: 3_600_000, maxOutputBytesPerStep: 1_000_000 },
    },
  }
  const dispatcher = createDispatcher(ports)
  const agentId = agent ? await dispatcher.register(testAgent) : randomId()
  const planeOf: TestEngine['planeOf'] = (agent) => openAnswers(dispatcher.controlPlane(agent))
  const plane = planeOf({ id: agentId })
  const { queries } = store

  async function workflow(pipeline: Pick<Pipeline, 'id'>, name?: string) {
    const found = (await queries.workflowsOf([pipeline.id])).findLast(
      (candidate) => name === undefined || candidate.name === name,
    )
    if (found === undefined) throw new Error(`the pipeline has no workflow ${name ?? ''}`)
    return found
  }

  const engine: TestEngine = {
    database,
    actions,
    plane,
    agentId,
    checks,
    output,
    keyRing,
    signer,
    restart: () => openAnswers(createDispatcher(ports).controlPlane({ id: agentId })),
    home: () => buildHousehold(store),
    planeOf,
    sealedPlaneOf: dispatcher.controlPlane,
    async anotherAgent() {
      const hello = { ...testAgent, name: `agent-${randomId()}` }
      const other = planeOf({ id: await dispatcher.register(hello) })
      await other.hello(hello)
      return other
    },
    async push(project, config, parts = {}) {
      configs.set(`${project.organizationName}/${project.name}`, config)
      const pipeline = await actions.trigger({
        project,
        trigger: 'webhook',
        actorId: null,
        ref: { branch: 'main' },
        parameters: {},
        ...parts,
      })
      if (pipeline === undefined) throw new Error('the commit asked to be skipped')
      if (pipeline.errors.length > 0) throw new Error(pipeline.errors.map((error) => error.message).join('\n'))
      return pipeline
    },
    workflow,
    async statuses(pipeline, name) {
      const jobs = await queries.jobsOf([(await workflow(pipeline, name)).id])
      return Object.fromEntries(jobs.map((job) => [job.name, job.status]))
    },
    async job(pipeline, name) {
      const jobs = await queries.jobsOf([(await workflow(pipeline)).id])
      const found = jobs.find((candidate) => candidate.name === name)
      if (found === undefined) throw new Error(`the workflow has no job ${name}`)
      return found
    },
    claim: (tasks = 1_000) =>
      store.engine.claim(claimQuery(agentId, { free: { cpus: 10_000, memoryMb: 10_000_000, tasks } })),
    async finish(task, result, message) {
      await plane.grant(task)
      await engine.end(task, result, message)
    },
    async take(pipeline, name) {
      const { id } = await engine.job(pipeline, name)
      for (;;) {
        const [task] = await engine.claim(1)
        if (task === undefined) throw new Error(`job ${name} was not waiting to be taken`)
        const { identity } = await store.engine.attemptContext(task.attemptId)
        if (identity.jobId !== id) await engine.finish(task)
        else {
          await plane.grant(task)
          return task
        }
      }
    },
    async end(task, result = 'passed', message) {
      const ending: ReportEntry = {
        type: 'task-finished',
        result,
        message: message ?? null,
        at: new Date().toISOString(),
      }
      await plane.report({ ...task, from: 1, entries: [ending] })
    },
    async run(pipeline, name, result) {
      await engine.end(await engine.take(pipeline, name), result)
    },
    async schedulesOf(projectId) {
      const client = new pg.Client({ connectionString: database.connectionString })
      await client.connect()
      const { rows } = await client.query<{ id: string }>(
        `select id from schedules where project_id = $1 and origin = 'config' order by name`,
        [projectId],
      )
      await client.end()
      const found = await Promise.all(rows.map((row) => store.schedules.schedule(row.id)))
      return found.flatMap((schedule) => schedule ?? [])
    },
    async age(ms) {
      const client = new pg.Client({ connectionString: database.connectionString })
      await client.connect()
      await client.query(`update tasks set queued_at = queued_at - $1 * interval '1 ms' where phase = 'queued'`, [ms])
      await client.end()
    },
    async settle() {
      const fail = (error: unknown) => {
        throw error
      }
      while ((await store.engine.dueChores(1)).length > 0)
        await doDueChores({ engine: store.engine, output, checks }, fail)
    },
    stop: () => database.stop(),
  }
  return engine
}
