import { AppError, type Result } from '@rondo/model'
import { boxForm, type Claim, type ReportEntry, type SealedControlPlane } from '@rondo/protocol'
import type { HeldAttempt } from './held-attempt.ts'
import type { Network } from './network.ts'
import type { Life } from './simulated-server.ts'
import { neverAborted, type Surroundings } from './surroundings.ts'

const machine = { cpus: 4, memoryMb: 16_384 }
const claimWaitMs = 10_000
/** Boxes are empty where nobody looks into them. */
const noKey = ''
const heartbeatWaitMs = 8_000

/**
 * An agent that keeps to the contract as the real one does, and has bad days: it dies at any moment and comes back with
 * what its disk holds, repeats what it said, says it out of order, and is cut off from the network.
 */
export class SimulatedAgent {
  readonly name: string
  readonly #world: Surroundings
  readonly #network: Network
  readonly disk = new Map<string, HeldAttempt>()
  #id: string | undefined
  /** Rises with each start; what belongs to an earlier life does nothing more. */
  #life = 0
  #alive = false
  cutOffUntil = 0
  readonly executors: readonly ('docker' | 'machine')[]
  /** It never comes back. */
  gone = false

  constructor(world: Surroundings, network: Network, name: string, withMachines: boolean) {
    this.executors = withMachines ? ['docker', 'machine'] : ['docker']
    this.#world = world
    this.#network = network
    this.name = name
  }

  get alive(): boolean {
    return this.#alive
  }

  start(): void {
    this.#world.trace(this.name, 'starts')
    this.#alive = true
    void this.#begin(++this.#life)
  }

  kill(): void {
    this.#world.trace(this.name, 'is killed')
    this.#alive = false
    this.#life++
  }

  /** The machine burns down: nothing of what it held comes back. */
  destroy(): void {
    this.kill()
    this.gone = true
    this.disk.clear()
  }

  /** Its folder is emptied: it comes back and knows nothing of what it had. */
  forget(): void {
    this.kill()
    this.#world.trace(this.name, 'has its folder emptied')
    for (const id of this.disk.keys()) this.#world.witness.forgot(id)
    this.disk.clear()
  }

  async #begin(life: number): Promise<void> {
    const id = await this.#insist(life, 'register', (_, server) => server.register(this.name))
    if (id === undefined) return
    this.#id = id
    await this.#hello(life)
    for (const held of this.disk.values()) void this.#run(life, held)
    void this.#claimLoop(life)
    void this.#heartbeatLoop(life)
  }

  async #hello(life: number): Promise<void> {
    await this.#insist(life, 'hello', (plane) =>
      plane.hello({
        ...machine,
        name: this.name,
        version: '1',
        hostname: this.name,
        os: 'linux',
        arch: 'x64',
        executors: [...this.executors],
        boxes: boxForm,
      }),
    )
  }

  async #claimLoop(life: number): Promise<void> {
    const { time, random } = this.#world
    while (life === this.#life) {
      const held = [...this.disk.values()]
      const free = {
        cpus: machine.cpus - held.reduce((sum, attempt) => sum + attempt.cpus, 0),
        memoryMb: machine.memoryMb - held.reduce((sum, attempt) => sum + attempt.memoryMb, 0),
        tasks: 6 - held.length,
      }
      if (free.tasks <= 0 || free.cpus <= 0) {
        await time.sleep(500)
        continue
      }
      try {
        const running = [...this.disk.keys()]
        const request = { agentId: this.#id!, free, running, executors: [...this.executors], waitMs: claimWaitMs }
        const askedAt = time.now
        const claims = await this.#call('claim', (plane) => plane.claim(request, neverAborted))
        if (life !== this.#life) return
        if (claims.length === 0) this.#world.witness.leftEmpty(this.name, request, askedAt)
        for (const claim of claims) this.#take(life, claim)
      } catch (error) {
        if (!(error instanceof AppError)) return this.#world.unexpected(this.name, error)
        await time.sleep(random.int(100, 500))
        if (life === this.#life && error.code === 'conflict') await this.#hello(life)
      }
    }
  }

  #take(life: number, claim: Claim): void {
    const { attemptId, epoch, cpus, memoryMb } = claim
    // A claim that arrives late, or twice, is the same claim.
    if (this.disk.has(attemptId)) return
    const held: HeldAttempt = {
      ref: { attemptId, epoch },
      cpus,
      memoryMb,
      entries: [],
      started: false,
      script: [],
      stop: undefined,
    }
    this.disk.set(attemptId, held)
    this.#world.witness.holds(this, held)
    void this.#run(life, held)
  }

  async #heartbeatLoop(life: number): Promise<void> {
    const { time, random, witness } = this.#world
    while (life === this.#life) {
      const attempts = [...this.disk.values()].filter((held) => held.stop === undefined).map((held) => held.ref)
      if (attempts.length === 0) {
        await time.sleep(500)
        continue
      }
      try {
        const expected = witness.ordersDue(attempts)
        const request = { agentId: this.#id!, attempts, waitMs: heartbeatWaitMs }
        const { stop } = await this.#call('heartbeat', (plane) => plane.heartbeat(request, neverAborted))
        if (life !== this.#life) return
        witness.ordersGiven(this.name, expected, stop)
        for (const order of stop) {
          const held = this.disk.get(order.attemptId)
          if (held !== undefined) held.stop ??= order.reason
        }
        // One open request answers at the first order, or late; a new one follows at once.
        await time.sleep(random.int(1, 200))
      } catch (error) {
        if (!(error instanceof AppError)) return this.#world.unexpected(this.name, error)
        await time.sleep(random.int(100, 1_000))
      }
    }
  }

  async #run(life: number, held: HeldAttempt): Promise<void> {
    try {
      if (!(await this.#start(life, held))) return
      while (life === this.#life && held.entries.at(-1)?.type !== 'task-finished') {
        await this.#world.time.sleep(this.#world.random.skewed(1, 20_000))
        if (life !== this.#life) return
        if (held.stop === 'gone') break
        const next = held.stop === undefined ? held.script[held.entries.length] : undefined
        if (next?.type === 'step-finished') await this.#sendOutput(life, held, next.outputBytes)
        if (life !== this.#life) return
        held.entries.push(next ?? this.#finished(held.stop === 'timed-out' ? 'timed-out' : 'canceled'))
        if (this.#world.random.chance(0.5)) void this.#report(life, held).catch(() => {})
      }
      if (held.stop !== 'gone') await this.#report(life, held)
    } catch (error) {
      if (!(error instanceof AppError)) this.#world.unexpected(this.name, error)
    } finally {
      if (life === this.#life) this.disk.delete(held.ref.attemptId)
    }
  }

  /** Gets the grant, or takes it up again; then starts the user's code, once. */
  async #start(life: number, held: HeldAttempt): Promise<boolean> {
    try {
      await this.#insist(life, 'grant', (plane) => plane.grant(held.ref, noKey))
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error
      await this.#insist(life, 'resume', (plane) => plane.resume(held.ref, noKey))
    }
    if (life !== this.#life) return false
    if (held.started || held.entries.length > 0) return true
    if (this.#world.random.chance(0.02)) {
      held.entries.push({ ...this.#finished('lost'), unbegun: true })
      return true
    }
    held.started = true
    held.script = this.#drawScript()
    this.#world.witness.started(this.name, held.ref)
    return true
  }

  /** Tells the journal until all of it is known; now and then parts of it twice, or in a wrong order. */
  async #report(life: number, held: HeldAttempt): Promise<void> {
    const { random } = this.#world
    let known = 0
    while (life === this.#life && known < held.entries.length) {
      const from = random.chance(0.1) ? random.int(0, known) : known
      const send = (start: number) =>
        this.#insist(life, 'report', (plane) =>
          plane.report({ ...held.ref, from: start + 1, entries: held.entries.slice(start, start + random.int(1, 4)) }),
        )
      if (random.chance(0.05)) void send(random.int(0, held.entries.length - 1)).catch(() => {})
      const answer = await send(from)
      if (answer === undefined) return
      this.#world.witness.acknowledged(held, answer.acknowledged)
      known = answer.acknowledged
    }
  }

  /** All of a step's output is known before its end is told. */
  async #sendOutput(life: number, held: HeldAttempt, size: number): Promise<void> {
    const { random } = this.#world
    // Output and what is said of its step go by different connections: either may come first.
    if (random.chance(0.5)) await this.#report(life, held)
    const step = held.entries.findLast((candidate) => candidate.type === 'step-started')?.step ?? 0
    for (let known = 0; life === this.#life && known < size; ) {
      const offset = random.int(0, known)
      const bytes = Buffer.alloc(random.int(1, size - offset))
      const answer = await this.#insist(life, 'append output', (plane) =>
        plane.appendOutput(held.ref, step, offset, bytes),
      )
      known = answer?.size ?? size
    }
  }

  #drawScript(): readonly ReportEntry[] {
    const { random } = this.#world
    const result = random.pick<Result>(['passed', 'passed', 'passed', 'passed', 'passed', 'failed'])
    const entries: ReportEntry[] = []
    const steps = random.int(0, 2)
    for (let step = 0; step < steps; step++) {
      entries.push({
        type: 'step-started',
        step,
        name: `step ${step}`,
        kind: 'run',
        command: null,
        background: false,
        at,
      })
      if (random.chance(0.2)) entries.push({ type: 'tests-stored', tests: [test] })
      if (random.chance(0.1)) entries.push({ type: 'workspace-persisted', object })
      if (random.chance(0.1)) entries.push({ type: 'cache-saved', key: `key-${random.int(1, 3)}`, object })
      if (random.chance(0.1)) entries.push({ type: 'artifact-stored', path: `file-${step}`, object })
      entries.push({
        type: 'step-finished',
        step,
        result: step === steps - 1 ? result : 'passed',
        exitCode: 0,
        outputBytes: 4,
        outputSha256: '',
        truncated: false,
        at,
      })
    }
    return [...entries, this.#finished(result)]
  }

  #finished(result: Result): Extract<ReportEntry, { type: 'task-finished' }> {
    return { type: 'task-finished', result, message: null, at }
  }

  #call<T>(what: string, run: (plane: SealedControlPlane, server: Life) => Promise<T>): Promise<T> {
    return this.#network.call(
      'agents',
      this.name,
      what,
      (server) => run(server.plane(this.#id ?? ''), server),
      () => this.cutOffUntil > this.#world.time.now,
    )
  }

  /** Repeats a call while nobody answers. Undefined: this life ended meanwhile. */
  async #insist<T>(
    life: number,
    what: string,
    run: (plane: SealedControlPlane, server: Life) => Promise<T>,
  ): Promise<T | undefined> {
    for (let tries = 0; life === this.#life; tries++) {
      try {
        const answer = await this.#call(what, run)
        return life === this.#life ? answer : undefined
      } catch (error) {
        if (life !== this.#life) return undefined
        if (!(error instanceof AppError) || error.code !== 'unavailable') throw error
        await this.#world.time.sleep(Math.min(4_000, 100 * 2 ** Math.min(tries, 6)))
      }
    }
    return undefined
  }
}

const at = '2026-01-01T00:00:00.000Z'
const object = { digest: 'a'.repeat(64), size: 1 }
const test = {
  name: 'test',
  classname: '',
  file: null,
  result: 'success' as const,
  message: '',
  runTime: 0,
  source: 'unknown',
}
