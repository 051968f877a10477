import type {
  Accounts,
  Agents,
  AgentTokens,
  BuildQueries,
  CheckoutKeys,
  EngineStore,
  Follows,
  Holds,
  Insights,
  LiveEvents,
  Operations,
  OrbStore,
  ProjectTokens,
  Pushes,
  RetentionStore,
  RunQueue,
  Schedules,
  SecretStore,
  SettingsStore,
  SettingValues,
  SshAccess,
  SshKeys,
  UrlOrbStore,
  UsageStore,
  UserKeys,
  Wakeups,
} from '@rondo/model'
import { createAccounts } from './accounts.ts'
import { createAgentTokens } from './agent-tokens.ts'
import { createAgents } from './agents.ts'
import { createCheckoutKeys } from './checkout-keys.ts'
import { openDatabase } from './database.ts'
import { createEngineStore } from './engine.ts'
import { createFollows } from './follows.ts'
import { createHolds } from './holds.ts'
import { createInsights } from './insights.ts'
import { createListener } from './listener.ts'
import { createEventFollower } from './live-events.ts'
import { migrate } from './migrate.ts'
import { createOperations } from './operations.ts'
import { createOrbStore } from './orbs.ts'
import { createProjectTokens } from './project-tokens.ts'
import { createPushes } from './pushes.ts'
import { createBuildQueries } from './queries.ts'
import { createRetentionStore } from './retention.ts'
import { createRunQueue } from './run-queue.ts'
import { createSchedules } from './schedules.ts'
import { createSecretStore } from './secrets.ts'
import { createSettingsStore } from './settings.ts'
import { createSshAccess } from './ssh-access.ts'
import { createSshKeys } from './ssh-keys.ts'
import { createUrlOrbStore } from './url-orbs.ts'
import { createUsageStore } from './usage.ts'
import { createUserKeys } from './user-keys.ts'

export interface StoreOptions {
  readonly connectionString: string
  /** Connections at most; default 16. */
  readonly connections?: number
  /** Settings of the environment; what administrators set goes before them. */
  readonly settings?: SettingValues
}

export interface Store {
  readonly accounts: Accounts
  readonly agents: Agents
  readonly agentTokens: AgentTokens
  readonly holds: Holds
  readonly usage: UsageStore
  readonly secrets: SecretStore
  readonly projectTokens: ProjectTokens
  readonly follows: Follows
  readonly checkoutKeys: CheckoutKeys
  readonly sshKeys: SshKeys
  readonly sshAccess: SshAccess
  readonly userKeys: UserKeys
  readonly insights: Insights
  readonly queries: BuildQueries
  readonly engine: EngineStore
  readonly queue: RunQueue
  readonly schedules: Schedules
  readonly pushes: Pushes
  readonly settings: SettingsStore
  readonly retention: RetentionStore
  readonly operations: Operations
  readonly orbs: OrbStore
  readonly urlOrbs: UrlOrbStore
  readonly live: LiveEvents
  readonly wakeups: Wakeups
  /** Brings the schema up to date. */
  migrate(): Promise<number>
  /** Follows notifications and events until the signal aborts. */
  start(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export function createStore(options: StoreOptions): Store {
  const database = openDatabase(options.connectionString, options.connections)
  const listener = createListener(options.connectionString)
  const follower = createEventFollower(database, listener)
  return {
    accounts: createAccounts(database),
    agents: createAgents(database),
    agentTokens: createAgentTokens(database),
    holds: createHolds(database),
    usage: createUsageStore(database),
    secrets: createSecretStore(database),
    projectTokens: createProjectTokens(database),
    follows: createFollows(database),
    checkoutKeys: createCheckoutKeys(database),
    sshKeys: createSshKeys(database),
    sshAccess: createSshAccess(database),
    userKeys: createUserKeys(database),
    insights: createInsights(database),
    queries: createBuildQueries(database),
    engine: createEngineStore(database),
    queue: createRunQueue(database),
    schedules: createSchedules(database),
    pushes: createPushes(database),
    retention: createRetentionStore(database),
    operations: createOperations(database),
    settings: createSettingsStore(database, options.settings),
    orbs: createOrbStore(database),
    urlOrbs: createUrlOrbStore(database),
    live: follower,
    wakeups: listener,
    migrate: () => migrate(database),
    async start(signal) {
      await Promise.all([listener.start(signal), follower.start(signal)])
    },
    close: () => database.close(),
  }
}
