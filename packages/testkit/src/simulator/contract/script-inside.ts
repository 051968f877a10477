import { randomUUID } from 'node:crypto'
import type { EngineTransaction, LockPlace, Result } from '@rondo/model'
import { buildRevision } from '../../builders.ts'
import type { Random } from '../random.ts'
import { type ScriptState, unknownId } from './script-state.ts'

const at = '2026-01-01T00:00:00.000Z'
const object = (random: Random) => ({ digest: String(random.int(1, 9)).repeat(64), size: random.int(1, 99) })
const results: readonly Result[] = ['passed', 'failed', 'canceled', 'timed-out', 'lost', 'unknown', 'skipped']

/** Every write that the conductor makes inside of a transaction. */
export function insideOperations(
  state: ScriptState,
): Readonly<Record<string, (tx: EngineTransaction) => Promise<unknown>>> {
  return {
    pipeline: async (tx) => {
      const { projectId, organizationId } = state.home
      const phase = state.random.pick(['created', 'setup'] as const)
      const config = { source: 'source', compiled: 'compiled', plan: null }
      const pipeline = await tx.createPipeline({
        // In the order in which they are made.
        id: `${String(state.pipelines.length).padStart(8, '0')}${randomUUID().slice(8)}`,
        // Above those that are reserved.
        number: 1_000_000 + state.pipelines.length,
        projectId,
        state: phase,
        errors: [],
        warnings: [],
        trigger: 'api',
        triggeredBy: null,
        git: buildRevision(),
        parameters: { a: 1 },
        config: phase === 'setup' ? { ...config, setup: config } : config,
        ...(phase === 'setup' ? { values: { 'pipeline.id': 'x' }, given: { b: 2 } } : {}),
      })
      state.pipelines.push(pipeline.id)
      await tx.append({ kind: 'pipeline.created', organizationId, projectId, pipelineId: pipeline.id })
      return pipeline
    },
    workflow: async (tx) => {
      const jobs = Array.from({ length: state.random.int(1, 4) }, (_, index) => state.newJob(index))
      const head = await tx.createWorkflow({
        pipelineId: state.pipeline(),
        projectId: state.home.projectId,
        name: 'main',
        status: state.random.pick(['running', 'failed'] as const),
        startedBy: state.random.pick([null, state.home.userId]),
        rerunOf: state.random.pick([null, state.workflows[0] ?? null]),
        workspaceId: state.random.pick([null, state.workflows[0] ?? null]),
        ...state.random.pick([{}, { setup: true }]),
        jobs,
      })
      const workflowId = head.workflow.id
      state.workflows.push(workflowId)
      state.jobs.push(...jobs)
      for (const { id, lockKey } of jobs)
        if (lockKey !== null) state.locks.push({ jobId: id, key: lockKey, workflowId })
      await tx.append({ kind: 'workflow.created', projectId: state.home.projectId, workflowId })
      return head
    },
    'request with a key': async (tx) => {
      const key = {
        scope: state.random.pick(['user a', 'user b']),
        key: state.random.pick(['one', 'two']),
        fingerprint: state.random.pick(['same', 'other']),
      }
      const read = await tx.readKey(key)
      const taken = await tx.takeKey(key)
      if (taken === undefined) await tx.bindKey(key, state.random.pick([state.home.projectId, state.home.userId]))
      return [read, taken, await tx.readKey(key)]
    },
    'open workflows': (tx) => tx.openWorkflows(state.pipeline()),
    'lock a workflow': async (tx) => state.snapshot(tx, state.random.pick([...state.workflows, unknownId])),
    'hold a workflow': (tx) => tx.holdWorkflow(state.random.pick([...state.workflows, unknownId])),
    'hold an attempt': (tx) => tx.holdAttempt(state.random.pick(state.agents), state.ref()),
    'try some attempts': (tx) =>
      tx.tryAttempts([state.ref(), state.ref()].map((ref) => ({ ...ref, agentId: state.random.pick(state.agents) }))),
    'read the plans': async (tx) => [
      ...(await tx.plansOf(state.random.pick([...state.workflows, unknownId]))).values(),
    ],
    'read a job': (tx) => tx.jobWithTasks(state.job().id),
    settle: async (tx) => {
      const ids = new Set([state.job().id, state.job().id])
      const as = state.random.pick(['success', 'failed', 'canceled'] as const)
      const settled = await tx.settle([...ids].map((jobId) => ({ jobId, as })))
      return settled.map((one) => state.show(one)).sort()
    },
    'read the statuses': async (tx) => {
      const id = state.random.pick([...state.workflows, unknownId])
      return [...((await tx.statusesOf([id])).get(id) ?? [])].sort()
    },
    'workspaces that retention took': (tx) => tx.takenWorkspaces(state.home.projectId, [state.job().id]),
    'workflow of a job': (tx) => tx.workflowOfJob(state.job().id),
    'save a job': (tx) => {
      const people = state.random.pick([
        {},
        { approvedBy: state.home.userId },
        { canceledBy: state.home.userId, message: 'm' },
      ])
      const statuses = [
        'queued',
        'not_running',
        'running',
        'on_hold',
        'success',
        'failed',
        'canceled',
        'not_run',
      ] as const
      return tx.saveJob({ id: state.job().id, status: state.random.pick(statuses), ...people })
    },
    'save a workflow': async (tx) => {
      const workflow = state.random.pick([...state.workflows, undefined])
      if (workflow === undefined) return
      const status = state.random.pick(['running', 'on_hold', 'failing', 'success', 'canceled'] as const)
      await tx.saveWorkflow(workflow, status, state.random.pick([undefined, null, state.home.userId]))
    },
    enqueue: async (tx) => {
      const job = state.job()
      if (job.id === unknownId) return
      const resources = { cpus: state.random.int(1, 4), memoryMb: state.random.pick([1024, 4096]) }
      await tx.enqueue({ ...job, projectId: state.home.projectId }, state.random.pick(['docker', 'machine']), resources)
    },
    'number a job': async (tx) => {
      const job = state.job()
      if (job.id !== unknownId) await tx.numberJob({ ...job, projectId: state.home.projectId })
    },
    'stop tasks': (tx) => tx.stopTasks(state.job().id, state.random.pick(['canceled', 'timed-out'])),
    fence: (tx) => tx.fence(state.random.pick(state.agents), state.ref()),
    grant: async (tx) => (await tx.grant([state.ref(), state.ref()])).size,
    'lock an expired attempt': (tx) =>
      tx.lockExpired(
        { ...state.ref(), granted: state.random.chance(0.3) },
        { role: state.role('agents'), awayAfterMs: 60_000, forMs: state.random.pick([0, 0, 60_000]) },
      ),
    'context names': (tx) => tx.contextNames(state.home.organizationId, state.home.projectId),
    acknowledge: async (tx) => {
      const ref = state.ref()
      if (ref.attemptId !== unknownId) await tx.acknowledge(ref.attemptId, state.random.int(1, 9), 60_000)
    },
    'start steps': async (tx) => {
      const { attemptId } = state.ref()
      if (attemptId === unknownId) return
      const begun = () => ({
        // In the order in which they are made.
        id: `${String(state.pipelines.length).padStart(8, '0')}${randomUUID().slice(8)}`,
        attemptId,
        taskIndex: 0,
        index: state.random.int(0, 2),
        name: 'n',
        type: 'run',
        command: null,
        background: false,
        at,
      })
      return tx.startSteps(Array.from({ length: state.random.int(0, 2) }, begun))
    },
    'finish steps': (tx) => {
      const ended = () => ({
        attemptId: state.ref().attemptId,
        index: state.random.int(0, 2),
        result: state.random.pick(results),
        exitCode: 0,
        outputBytes: 3,
        outputSha256: 'sum',
        truncated: false,
        at,
      })
      return tx.finishSteps(Array.from({ length: state.random.int(0, 2) }, ended))
    },
    cache: (tx) => {
      const key = state.random.chance(0.3) ? 'k1' : `k${++state.caches}`
      return tx.saveCache(state.cacheScope(), key, object(state.random))
    },
    'ask for a lock': async (tx) => {
      const { projectId, organizationId } = state.home
      if (state.locks.length === 0) return undefined
      const { workflowId, ...lock } = state.random.pick(state.locks)
      const workflow = { id: workflowId, projectId, pipelineNumber: state.random.int(1, 2) }
      return tx.requestLock({ workflow, organizationId }, lock)
    },
    'give locks back': async (tx) => {
      const held = state.locks.length === 0 ? [] : [state.random.pick(state.locks), state.random.pick(state.locks)]
      const jobIds = held.map((lock) => lock.jobId)
      const { released, given } = await tx.releaseLocks(state.home.organizationId, jobIds)
      const placed = ({ pipelineNumber, workflowName }: LockPlace) => `${pipelineNumber} ${workflowName}`
      return {
        released: released.map(({ place, ...lock }) => state.show([lock.key, lock.held, placed(place)])).sort(),
        given: given.map(({ place, ...lock }) => state.show([lock.key, lock.waitedMs >= 0, placed(place)])).sort(),
        holder: (await tx.lockHolder(state.home.organizationId, 'k'))?.pipelineNumber,
      }
    },
    'add a layer': async (tx) => {
      const job = state.job()
      if (job.id !== unknownId) await tx.addLayer(job.id, state.random.int(0, 2), object(state.random))
    },
    'finish an attempt': async (tx) => {
      const ref = state.ref()
      const left = await tx.finishAttempts([{ ...ref, result: state.random.pick(results) }])
      return left
        .get(ref.attemptId)
        ?.map((id) => state.show(id))
        .sort()
    },
    requeue: (tx) => tx.requeue(state.ref()),
    retry: async (tx) => (await tx.retry(state.ref())).length,
    'lock a pipeline': (tx) => tx.lockPipeline(state.random.pick([...state.pipelines, unknownId])),
    'accept a continuation': (tx) =>
      tx.acceptContinuation(state.pipeline(), { configuration: 'text', parameters: { c: true } }),
    'finish a continuation': (tx) =>
      tx.finishContinuation(state.pipeline(), {
        state: state.random.pick(['created', 'errored'] as const),
        errors: [{ type: 'config', message: 'wrong' }],
        warnings: [{ type: 'config', message: 'odd' }],
        parameters: { d: 'x' },
        config: { source: 'source', compiled: 'compiled', plan: null },
      }),
    append: (tx) => {
      const { projectId } = state.home
      const workflowId = state.random.pick([...state.workflows, null])
      return tx.append({ kind: 'tests.stored', projectId, workflowId, data: { count: state.random.int(1, 9) } })
    },
  }
}
