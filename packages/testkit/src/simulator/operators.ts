import { AppError, type QueueFilter } from '@rondo/model'
import type { Network } from './network.ts'
import { machineClass, randomPlan } from './random-plan.ts'
import type { Life } from './simulated-server.ts'
import type { Surroundings } from './surroundings.ts'

/** Administrators: they limit what runs at once, put jobs before all others, and cancel what waits in batches. */
export class Operators {
  readonly #world: Surroundings
  readonly #network: Network
  /** Requests that are under way or will be. */
  #open = 0
  #mended = false

  constructor(world: Surroundings, network: Network) {
    this.#world = world
    this.#network = network
  }

  get done(): boolean {
    return this.#open === 0 && this.#mended
  }

  begin(): void {
    const { plan, random, time, plans, homes, database } = this.#world
    // Of what schedules run: they name a branch, and no revision.
    plans.set('', randomPlan(random))
    for (let index = 0; index < plan.schedules; index++)
      database.addSchedule(random.pick(homes).projectId, {
        perHour: random.pick([12, 20, 60]),
        missed: random.pick([0, 1, 4]),
      })
    for (let index = 0; index < plan.operations; index++)
      this.#begin(async () => {
        await time.sleep(random.skewed(10, plan.troubledMs))
        await this.#operate()
      })
  }

  /** Lifts all limits, ends all schedules, and takes what nobody can run out of the queue. */
  mend(): void {
    this.#begin(async () => {
      if (this.#world.plan.schedules > 0) await this.#world.time.sleep(240_000)
      // What was asked for earlier may still arrive.
      while (this.#open > 1) await this.#world.time.sleep(1_000)
      await this.#lift()
      this.#mended = true
    })
    this.#clear()
  }

  #lift(): Promise<void> {
    return this.#insist(() =>
      this.#call('lift all limits and end all schedules', async ({ queue, schedules }) => {
        for (const limit of await queue.limits()) await queue.setLimit(limit, undefined)
        for (const id of this.#world.database.schedules.keys()) await schedules.delete(id)
      }),
    )
  }

  #clear(): void {
    const { agents, time } = this.#world
    time.after(120_000, () => {
      if (!agents.some((agent) => !agent.gone && agent.executors.includes('machine')))
        this.#begin(() => this.#insist(() => this.#cancel({ resourceClass: machineClass }, 100)))
      // A limit whose request arrived twice may have come back.
      this.#begin(() => this.#lift())
      this.#clear()
    })
  }

  #begin(action: () => Promise<void>): void {
    this.#open++
    const failed = (error: unknown) => this.#world.unexpected('an operator', error)
    void action()
      .catch(failed)
      .finally(() => this.#open--)
  }

  #call(what: string, run: (server: Life) => Promise<unknown>): Promise<unknown> {
    return this.#network.call('api', 'an operator', what, run, () => false)
  }

  async #insist(action: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await action()
        return
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'unavailable') throw error
        await this.#world.time.sleep(2_000)
      }
    }
  }

  async #operate(): Promise<void> {
    const { random, homes } = this.#world
    const home = random.pick(homes)
    const resourceClass = random.pick([null, null, 'small', 'medium', 'large'])
    const scope = random.pick([
      { organizationId: null, projectId: null, resourceClass },
      { organizationId: home.organizationId, projectId: null, resourceClass },
      { organizationId: home.organizationId, projectId: home.projectId, resourceClass },
    ])
    const filter: QueueFilter = random.pick([
      { projectId: home.projectId },
      { organizationId: home.organizationId },
      { resourceClass: 'medium' },
      { olderThanMs: 30_000 },
      { branch: 'feature' },
    ])
    const limit = random.int(1, 5)
    switch (random.pick(['limit', 'limit', 'lift', 'promote', 'promote', 'cancel', 'share', 'share'])) {
      case 'limit':
        return this.#setLimit(scope, random.int(0, 3))
      case 'share': {
        const { organizationId, projectId } = random.pick(homes)
        const share = {
          organizationId,
          projectId: random.pick([null, projectId]),
          share: random.pick([1, 50, 100, 1_000]),
        }
        await this.#call('set a share', ({ queue }) => queue.setShare(share))
        return
      }
      case 'lift':
        return this.#setLimit(scope, undefined)
      case 'promote':
        await this.#call('promote jobs', async ({ queue }) => {
          await queue.promote((await queue.matching(filter, limit)).jobIds)
        })
        return
      default:
        return this.#cancel(filter, limit)
    }
  }

  async #setLimit(scope: Parameters<Life['queue']['setLimit']>[0], most: number | undefined): Promise<void> {
    await this.#call('set a limit', ({ queue }) => queue.setLimit(scope, most))
  }

  /** Each batch in the name of somebody else, so that it is known what each took. */
  async #cancel(filter: QueueFilter, limit: number): Promise<void> {
    const actorId = this.#world.database.newId()
    this.#world.witness.batch(actorId, filter)
    await this.#call('cancel what waits', async ({ queue, actions }) => {
      for (const id of (await queue.matching(filter, limit)).jobIds) await actions.cancelJob(id, actorId)
    })
  }
}
