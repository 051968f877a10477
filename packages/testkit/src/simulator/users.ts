import { AppError, isFinalWorkflowStatus, type Project } from '@rondo/model'
import type { Network } from './network.ts'
import { projectOf } from './project-of.ts'
import { randomPlan } from './random-plan.ts'
import type { Life } from './simulated-server.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Everybody who pushes, clicks and calls the API: they cancel, approve and rerun at any moment, twice at the same time
 * when they are impatient, and repeat what nobody answered.
 */
export class Users {
  readonly #world: Surroundings
  readonly #network: Network
  /** Requests that are under way. */
  #open = 0
  readonly #projects: readonly Project[]
  #planned = 0

  constructor(world: Surroundings, network: Network) {
    this.#world = world
    this.#network = network
    this.#projects = world.homes.map((home) => projectOf(home, world.random.chance(0.2)))
  }

  get done(): boolean {
    return this.#open === 0 && this.#planned === 0
  }

  begin(): void {
    const { plan, random } = this.#world
    for (let index = 0; index < plan.pipelines; index++)
      this.#later(index === 0 ? 0 : random.skewed(1, plan.troubledMs), () => this.push())
    for (let index = 0; index < plan.clicks; index++)
      this.#later(random.skewed(10, plan.troubledMs), () => this.#click())
    this.#approveAll()
  }

  #later(ms: number, action: () => Promise<void>): void {
    this.#planned++
    this.#world.time.after(ms, () => {
      this.#planned--
      void this.#ask(action)
    })
  }

  async #ask(action: () => Promise<void>): Promise<void> {
    this.#open++
    try {
      await action()
    } catch (error) {
      this.#world.unexpected('a user', error)
    } finally {
      this.#open--
    }
  }

  #call<T>(what: string, run: (server: Life) => Promise<T>): Promise<T> {
    return this.#network.call('api', 'a user', what, run, () => false)
  }

  /** Makes a pipeline, now and then one whose setup phase continues it. */
  async push(): Promise<void> {
    const { random, plans, homes } = this.#world
    const setup = random.chance(0.25)
    const text = `config ${plans.size}`
    plans.set(text, { ...randomPlan(random), setup })
    const pipeline = await this.#call('trigger', (server) =>
      server.actions.trigger({
        project: random.pick(this.#projects),
        trigger: 'webhook',
        actorId: homes[0]!.userId,
        ref: { revision: text, branch: random.pick(['main', 'feature']) },
        parameters: {},
      }),
    )
    if (pipeline === undefined) return
    this.#world.witness.promised(pipeline.id)
    if (setup) this.#continueLater(pipeline.id)
  }

  /** A job of the setup phase does so, at least once. */
  #continueLater(pipelineId: string): void {
    const { random, plans } = this.#world
    const times = random.pick([1, 1, 2, 3])
    const text = `config ${plans.size}`
    plans.set(text, randomPlan(random))
    const at = random.skewed(10, 60_000)
    for (let index = 0; index < times; index++)
      this.#later(at + random.skewed(0.1, 5_000), () => this.#insist(() => this.#continue(pipelineId, text)))
  }

  #continue(pipelineId: string, configuration: string): Promise<void> {
    return this.#call('continue', (server) =>
      server.actions.continuePipeline({ key: server.continuationKey(pipelineId), configuration, parameters: {} }),
    )
  }

  /** Repeats until somebody answered, whatever the answer. */
  async #insist(action: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await action()
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'unavailable') throw error
        await this.#world.time.sleep(2_000)
      }
    }
  }

  async #click(): Promise<void> {
    const { random } = this.#world
    const action = this.#drawClick()
    if (action === undefined) return
    const again = random.chance(0.3) ? this.#ask(action) : undefined
    await action()
    await again
  }

  #drawClick(): (() => Promise<void>) | undefined {
    const { random, database, homes } = this.#world
    const home = homes[0]!
    const workflows = [...database.workflows.values()].flatMap((cell) => cell.committed ?? [])
    if (workflows.length === 0) return undefined
    const workflow = random.pick(workflows)
    const jobs = (database.jobsOfWorkflow.get(workflow.id) ?? []).flatMap((cell) => cell.committed ?? [])
    if (isFinalWorkflowStatus(workflow.status) || random.chance(0.1)) {
      const chosen = random.some(jobs, 0.3).map((job) => job.id)
      const from = random.pick([{ fromFailed: true }, { fromFailed: false }, { fromFailed: false, jobIds: chosen }])
      return () =>
        this.#call('rerun', async (server) => {
          const gone = database.pipelines.get(workflow.pipelineId)?.committed === undefined
          await server.actions.rerun({ workflowId: workflow.id, actorId: home.userId, ...from })
          this.#world.witness.reran(workflow.id, gone)
        })
    }
    const job = random.pick(jobs)
    const held = jobs.find((candidate) => candidate.status === 'on_hold') ?? job
    return random.pick([
      () =>
        this.#call('cancel a pipeline', (server) => server.actions.cancelPipeline(workflow.pipelineId, home.userId)),
      () => this.#call('cancel a workflow', (server) => server.actions.cancelWorkflow(workflow.id, home.userId)),
      () => this.#call('cancel a job', (server) => server.actions.cancelJob(job.id, home.userId)),
      () => this.#call('approve', (server) => server.actions.approve(held.id, home.userId)),
    ])
  }

  /** Somebody always comes at last and says yes or no to whatever waits for it. */
  #approveAll(): void {
    const { database, random, homes } = this.#world
    const home = homes[0]!
    this.#world.time.after(random.skewed(1_000, 60_000), () => {
      for (const { committed: job } of database.jobs.values()) {
        if (job?.status !== 'on_hold') continue
        const { id } = job
        const refuse = random.chance(0.1)
        void this.#ask(() =>
          refuse
            ? this.#call('cancel a job', (server) => server.actions.cancelJob(id, home.userId))
            : this.#call('approve', (server) => server.actions.approve(id, home.userId)),
        )
      }
      this.#approveAll()
    })
  }
}
