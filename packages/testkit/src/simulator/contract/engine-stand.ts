import { randomUUID } from 'node:crypto'
import type { EngineStore, NewEvent } from '@rondo/model'
import { buildHousehold, claimQuery } from '../../builders.ts'
import { startTestDatabase } from '../../database.ts'
import { MemoryDatabase } from '../memory-database.ts'
import { createMemoryEngine } from '../memory-engine.ts'
import { createMemoryQueue, type MemoryQueue } from '../memory-queue.ts'
import { createStatements } from '../memory-statements.ts'

/** A store of either kind with one project in it, as the contract suite needs it. */
export interface EngineStand {
  readonly engine: EngineStore
  /** Runs a statement of two transactions at a time that must not be the same process: a second connection. */
  readonly other: EngineStore
  readonly queue: MemoryQueue
  newHome(): Promise<EngineHome>
  /** The history of a pipeline, oldest first. */
  events(pipelineId: string): Promise<readonly NewEvent[]>
  /** Time passes between two statements; real time does so by itself. */
  tick(): void
  stop(): Promise<void>
}

export interface EngineHome {
  readonly organizationId: string
  readonly projectId: string
  readonly userId: string
  /** A context the organisation has. */
  readonly context: string
}

/** The store that ships, over a PostgreSQL of its own. */
export async function postgresStand(): Promise<EngineStand> {
  const { store, stop } = await startTestDatabase()
  return {
    engine: store.engine,
    other: store.engine,
    queue: {
      ...store.queue,
      setShare: ({ share, ...scope }) => store.settings.set(scope, 'queue.share', share, null),
    },
    async newHome() {
      await drain(store.engine)
      const { user, organization, project } = await buildHousehold(store)
      const { name } = await store.secrets.createContext(organization.id, 'team')
      return { organizationId: organization.id, projectId: project.id, userId: user.id, context: name }
    },
    events: async (pipelineId) => (await store.queries.eventsOf(pipelineId, { limit: 1_000 })).items,
    tick: () => {},
    stop,
  }
}

/** The in-memory store of the simulator. */
export function memoryStand(): EngineStand {
  const clock = { now: 1_000 }
  const database = new MemoryDatabase(clock)
  const effect = async () => {}
  const connection = { by: {}, effect }
  const engine = createMemoryEngine(database, connection)
  return {
    engine,
    other: createMemoryEngine(database, { by: {}, effect }),
    queue: createMemoryQueue(database, createStatements(database, connection)),
    async newHome() {
      await drain(engine)
      return database.addProject({ organizationId: randomUUID(), name: 'app', contexts: ['team'] })
    },
    events: async (pipelineId) => database.events.filter((event) => event.pipelineId === pipelineId),
    tick: () => {
      clock.now++
    },
    stop: async () => {},
  }
}

/** Takes away what earlier tests left in the queue, which is one for all projects. */
async function drain(engine: EngineStore): Promise<void> {
  const agentId = await engine.saveAgent({ name: 'drain', hostname: '', cpus: 1, memoryMb: 1, executors: ['docker'] })
  const room = { cpus: 1e6, memoryMb: 1e9 }
  await engine.claim(
    claimQuery(agentId, { machine: room, free: { ...room, tasks: 1e5 }, executors: ['docker', 'machine'] }),
  )
}
