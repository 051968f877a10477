import type { Random } from './random.ts'

/** What one world is like: how large it is, and which troubles it has. Drawn from the seed, so that worlds differ in kind. */
export interface WorldPlan {
  readonly projects: number
  readonly servers: number
  readonly agents: number
  /** Of them those that also run what needs a machine of its own. */
  readonly machines: number
  /** Whether servers have different roles; otherwise each does everything. */
  readonly split: boolean
  readonly pipelines: number
  /** How long the troubles last. After that everything is mended and must come to rest. */
  readonly troubledMs: number
  /** Share of statements before which time passes, and how long at most. */
  readonly pauses: number
  readonly slowestMs: number
  readonly networkMs: number
  /** Shares of calls that are lost or arrive twice. */
  readonly drops: number
  readonly duplicates: number
  /** Share of server lives that end between two statements. */
  readonly crashes: number
  readonly serverKills: number
  readonly serverPauses: number
  readonly outages: number
  readonly agentKills: number
  readonly agentsGone: number
  /** Times an agent's folder is emptied while it works. */
  readonly agentsEmptied: number
  readonly partitions: number
  /** Share of server lives that no notification reaches. */
  readonly deaf: number
  /** What users do besides starting pipelines. */
  readonly clicks: number
  /** What administrators do to the queue. */
  readonly operations: number
  readonly schedules: number
  /** How long pipelines and workspaces are kept; 0: for ever. */
  readonly keptMs: number
}

/** Some worlds are calm, so that plain faults are not hidden behind strange ones. */
export function drawPlan(random: Random): WorldPlan {
  const calm = random.chance(0.15)
  const some = (share: number, most: number) => (!calm && random.chance(share) ? random.int(1, most) : 0)
  const rate = (share: number, most: number) => (!calm && random.chance(share) ? random.next() * most : 0)
  return {
    projects: random.int(1, 3),
    servers: random.int(1, 3),
    agents: random.int(1, 3),
    machines: random.int(0, 2),
    split: random.chance(0.5),
    pipelines: random.int(2, 16),
    troubledMs: random.skewed(5_000, calm ? 30_000 : 900_000),
    pauses: random.pick([0.02, 0.1, 0.3]),
    slowestMs: random.pick([5, 50, 2_000]),
    networkMs: random.pick([2, 20, 1_000]),
    drops: rate(0.5, 0.2),
    duplicates: rate(0.5, 0.2),
    crashes: rate(0.4, 0.8),
    serverKills: some(0.3, 3),
    serverPauses: some(0.2, 2),
    outages: some(0.3, 2),
    agentKills: some(0.4, 3),
    agentsGone: some(0.2, 1),
    agentsEmptied: some(0.2, 2),
    partitions: some(0.3, 2),
    deaf: rate(0.2, 0.5),
    clicks: random.int(0, 12),
    operations: random.chance(0.5) ? random.int(1, 8) : 0,
    schedules: random.chance(0.2) ? random.int(1, 2) : 0,
    keptMs: random.chance(0.3) ? random.skewed(1_000, 900_000) : 0,
  }
}

export const calmPlan: WorldPlan = {
  projects: 1,
  servers: 1,
  agents: 2,
  machines: 0,
  split: false,
  pipelines: 3,
  troubledMs: 10_000,
  pauses: 0.05,
  slowestMs: 5,
  networkMs: 2,
  drops: 0,
  duplicates: 0,
  crashes: 0,
  serverKills: 0,
  serverPauses: 0,
  outages: 0,
  agentKills: 0,
  agentsGone: 0,
  agentsEmptied: 0,
  partitions: 0,
  deaf: 0,
  clicks: 0,
  operations: 0,
  schedules: 0,
  keptMs: 0,
}
