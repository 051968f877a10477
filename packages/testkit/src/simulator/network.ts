import { AppError } from '@rondo/model'
import { unavailable } from './memory-database.ts'
import type { Life, ServerRole, SimulatedServer } from './simulated-server.ts'
import type { Surroundings } from './surroundings.ts'

const patienceMs = 15_000

/** Requests between processes: late, lost on the way there or back, delivered twice, overtaking each other. */
export class Network {
  readonly #world: Surroundings
  readonly #servers: readonly SimulatedServer[]

  constructor(world: Surroundings, servers: readonly SimulatedServer[]) {
    this.#world = world
    this.#servers = servers
  }

  /** One request to whichever server of the role answers; AppError `unavailable` when none did in time. */
  async call<T>(
    role: ServerRole,
    who: string,
    what: string,
    run: (server: Life) => Promise<T>,
    cutOff: () => boolean,
  ): Promise<T> {
    const { time, random, plan } = this.#world
    await this.#travel()
    const server = random.pick([
      ...this.#servers.filter((candidate) => candidate.up && candidate.roles.has(role)),
      undefined,
    ])
    const life = server?.life
    const lost = this.#lost(plan.drops)
    if (cutOff() || life === undefined || lost === 'request') {
      await time.sleep(lost === undefined ? random.skewed(1, 100) : patienceMs)
      throw unavailable()
    }
    if (this.#world.troubled && random.chance(plan.duplicates)) this.#again(who, what, run, life)
    this.#world.trace(who, `asks ${server?.name} to ${what}`)
    const answer = await Promise.race([this.#serve(who, what, run, life), life.died.then(() => 'died' as const)])
    await this.#travel()
    if (answer === 'died' || cutOff()) throw unavailable()
    if (lost === 'answer') {
      await time.sleep(patienceMs)
      throw unavailable()
    }
    if ('refused' in answer) throw answer.refused
    return answer.value
  }

  #lost(share: number): 'request' | 'answer' | undefined {
    const { random, troubled } = this.#world
    if (!troubled || !random.chance(share)) return undefined
    return random.pick(['request', 'answer'])
  }

  /** The same request once more, a little or much later; nobody waits for its answer. */
  #again<T>(who: string, what: string, run: (server: Life) => Promise<T>, life: Life): void {
    const { time, random } = this.#world
    time.after(random.skewed(0.1, 60_000), () => {
      if (!life.dead) void this.#serve(who, `${what} (again)`, run, life)
    })
  }

  async #serve<T>(
    who: string,
    what: string,
    run: (server: Life) => Promise<T>,
    life: Life,
  ): Promise<{ value: T } | { refused: AppError }> {
    try {
      return { value: await run(life) }
    } catch (error) {
      this.#world.trace(who, `is refused to ${what}: ${error instanceof Error ? error.message : String(error)}`)
      if (error instanceof AppError) return { refused: error }
      this.#world.unexpected(`${what} of ${who}`, error)
      return { refused: unavailable() }
    }
  }

  #travel(): Promise<void> {
    const { time, random, plan, troubled } = this.#world
    return time.sleep(random.skewed(0.1, troubled ? plan.networkMs : 20))
  }
}
