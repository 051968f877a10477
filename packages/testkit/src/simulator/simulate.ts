import { atRest } from './invariants/at-rest.ts'
import { ofCommit } from './invariants/of-commit.ts'
import { Random } from './random.ts'
import type { Sabotage } from './sabotage.ts'
import { beginTroubles, endTroubles } from './troubles.ts'
import { leaseMs, lostAfterMs, World } from './world.ts'
import { drawPlan, type WorldPlan } from './world-plan.ts'

export interface SimulationOptions {
  readonly seed: number
  /** What the world is like; drawn from the seed by default. */
  readonly plan?: WorldPlan
  /** A bug planted on purpose. */
  readonly sabotage?: Sabotage
  readonly onTrace?: (line: string) => void
}

export interface Violation {
  /** Number of the invariant, as `invariants.ts` and `witness.ts` list them; 0 for an error that nobody foresaw. */
  readonly rule: number
  readonly what: string
  /** Milliseconds of the simulated time. */
  readonly at: number
}

export interface Simulation {
  readonly seed: number
  /** The first is what counts: later ones often follow from it. */
  readonly violations: readonly Violation[]
  readonly pipelines: number
  readonly workflows: number
  readonly jobs: number
  readonly commits: number
  /** Times user code was started. */
  readonly starts: number
  readonly simulatedMs: number
}

/** How long a mended world has to come to rest: lost agents are found out, approvals come, what waits runs. */
const restMs = 4 * 3_600_000
/** When no status and no owner changed for so long, nothing will. */
const stalledMs = 20 * 60_000
const progress = new Set(['jobs', 'workflows', 'tasks', 'pipelines', 'locks', 'chores'])

/** Errors are raised and caught all the time here, and nobody reads where: a replay with a trace does. */
function quickErrors(trace: boolean): void {
  Error.stackTraceLimit = trace ? 10 : 0
}

/** Runs one world from its seed to its rest, or to the first invariant that is broken. */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
  quickErrors(options.onTrace !== undefined)
  const violations: Violation[] = []
  const plan = options.plan ?? drawPlan(new Random(options.seed ^ 0x5eed))
  const report = (rule: number, what: string): void => {
    violations.push({ rule, what, at: world.time.now })
    world.trace('invariant', `${rule}: ${what}`)
  }
  const world: World = new World({
    seed: options.seed,
    plan,
    sabotage: options.sabotage ?? {},
    report,
    onTrace: options.onTrace,
  })
  let commits = 0
  let lastProgress = 0
  world.database.onCommit = (commit) => {
    commits++
    if (commit.changes.some((change) => progress.has(change.table))) lastProgress = world.time.now
    const servedSince = (at: number) => world.servedSince(at)
    ofCommit(world.database, commit, { leaseMs, lostAfterMs, servedSince, keptMs: plan.keptMs }, report)
  }
  for (const server of world.servers) server.start()
  for (const agent of world.agents) agent.start()
  world.noteService()
  world.users.begin()
  world.operators.begin()
  beginTroubles(world)
  const broken = () => violations.length > 0
  await world.time.run(broken, plan.troubledMs)
  endTroubles(world)
  lastProgress = world.time.now
  const stalled = () => world.time.now - lastProgress > stalledMs
  await world.time.run(() => broken() || world.quiet || stalled(), world.time.now + restMs)
  if (!broken()) {
    if (!world.quiet) world.trace('world', 'does not come to rest')
    atRest(world.database, report)
    world.witness.atRest()
  }
  for (const server of world.servers) server.kill()
  const { database } = world
  return {
    seed: options.seed,
    violations,
    pipelines: database.pipelines.size,
    workflows: database.workflows.size,
    jobs: database.jobs.size,
    commits,
    starts: world.witness.starts,
    simulatedMs: world.time.now,
  }
}
