import { type ScriptState, unknownId } from './script-state.ts'

/** What the engine does outside of the conductor's transactions: claims, leases, looks. */
export function outsideOperations(state: ScriptState): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    claim: async () => {
      const random = state.random
      const machine = { cpus: random.pick([2, 4]), memoryMb: 4096 }
      const claimed = await state.engine.claim({
        agentId: random.pick(state.agents),
        free: { cpus: random.int(0, 4), memoryMb: random.pick([1024, 4096]), tasks: random.int(1, 3) },
        machine,
        executors: random.pick([['docker'], ['machine'], ['docker', 'machine']]),
        leaseMs: random.pick([-5_000, 60_000]),
      })
      state.attempts.push(...claimed.map(({ attemptId, epoch }) => ({ attemptId, epoch })))
      return claimed
    },
    'reserve a pipeline': () => state.engine.reservePipeline(state.home.projectId),
    promote: async () => state.queue.promote([state.job().id, state.job().id]),
    'waiting jobs': async () => {
      const filter = state.random.pick([
        {},
        { resourceClass: 'small' },
        { jobIds: [state.job().id] },
        { olderThanMs: 60_000 },
      ])
      const found = await state.queue.matching({ projectId: state.home.projectId, ...filter }, 1_000)
      return { jobs: found.jobs, jobIds: found.jobIds.map((id) => state.show(id)).sort() }
    },
    limit: async () => {
      const { organizationId, projectId } = state.home
      const resourceClass = state.random.pick([null, 'small', 'medium'])
      const scope = { organizationId, projectId: state.random.pick([null, projectId]), resourceClass }
      await state.queue.setLimit(scope, state.random.pick([undefined, undefined, 0, 1, 2, 5]))
      const limits = (await state.queue.limits()).filter((limit) => limit.organizationId === organizationId)
      return limits.map(({ id: _id, ...limit }) => state.show(limit)).sort()
    },
    share: () => {
      const { organizationId, projectId } = state.home
      const share = {
        organizationId,
        projectId: state.random.pick([null, projectId]),
        share: state.random.pick([1, 1_000]),
      }
      return state.queue.setShare(share)
    },
    'claims unknown to the agent': async () => {
      const known = [state.ref().attemptId]
      const terms = { machine: { cpus: 4, memoryMb: 4096 }, leaseMs: state.random.pick([-5_000, 60_000]) }
      const found = await state.engine.claimedUnknown(state.random.pick(state.agents), known, terms)
      return found.map((task) => state.show(task)).sort()
    },
    'what waits': async () => [...(await state.engine.waitingFor(['docker', 'machine', 'none']))].sort(),
    'last word': () => state.engine.lastWord(state.random.pick(state.agents), state.ref()),
    renew: () => {
      const refs = new Map([state.ref(), state.ref()].map((ref) => [ref.attemptId, ref]))
      return state.engine.renew(
        state.random.pick(state.agents),
        [...refs.values()],
        state.random.pick([-5_000, 60_000]),
      )
    },
    expired: async () => {
      const found = await state.engine.expired(10_000)
      const own = found.filter((attempt) => state.agents.includes(attempt.agentId))
      // How long agents have been silent is no part of the script.
      return own.map(({ unspokenMs: _, ...attempt }) => state.show({ ...attempt, lateMs: attempt.lateMs >= 0 })).sort()
    },
    check: () => state.engine.check(state.random.pick(state.agents), state.ref()),
    'step id': () => state.engine.stepId(state.ref().attemptId, state.random.int(0, 2)),
    'find a cache': () =>
      state.engine.findCache(state.cacheScope(), ['nothing', state.random.pick(['k', 'k1', 'k12'])]),
    'has a cache': () => state.engine.hasCache(state.cacheScope(), `k${state.random.int(1, 20)}`),
    layers: () => state.engine.workspaceLayers(state.jobs.map((job) => job.id).reverse()),
    context: () => state.context(state.ref().attemptId),
    'announce a process': async () => {
      const roles = state.random.some(['api', 'agents', 'conductor'], 0.5).map((role) => state.role(role))
      await state.engine.announce(
        { name: `${state.random.pick(['one', 'two'])}-${state.home.projectId}`, roles },
        60_000,
      )
      return (await state.engine.servedSince(state.role('agents'), 60_000)) === undefined
    },
    'jobs of a workflow': () => state.engine.workflowJobs(state.random.pick([...state.workflows, unknownId])),
    pending: async () => {
      const found = await state.engine.pendingPipelines(1_000)
      return found.filter((id) => state.pipelines.includes(id))
    },
    'pipeline in setup': () => state.engine.pipelineInSetup(state.pipeline()),
  }
}
