import type { Socket } from 'node:net'
import type { Compiler, Forecaster, OrbRegistry } from '@rondo/conductor'
import type {
  Accounts,
  Agents,
  AgentTokens,
  BuildQueries,
  CheckoutKeys,
  Follows,
  GitHosting,
  Holds,
  Insights,
  LiveEvents,
  Objects,
  Operations,
  ProjectTokens,
  PublishedKeys,
  PushActions,
  RetentionStore,
  RunQueue,
  Schedules,
  SecretSealer,
  SecretStore,
  SettingsStore,
  SshAccess,
  SshKeys,
  StepOutput,
  UrlOrbStore,
  UsageStore,
  UserActions,
  UserKeys,
} from '@rondo/model'
import type { SealedControlPlane } from '@rondo/protocol'

import type { AskingAgent } from './agents/authenticate.ts'
import type { OpenCalls } from './agents/open-calls.ts'
import type { BucketOptions } from './limits/token-buckets.ts'

/** Everything the web server is built on. */
export interface WebPorts {
  readonly accounts: Accounts
  readonly agents: Agents
  readonly agentTokens: Pick<AgentTokens, 'list' | 'create' | 'revoke'>
  readonly holds: Pick<Holds, 'ofJob' | 'facts' | 'order'>
  readonly usage: Pick<UsageStore, 'ofJob'>
  readonly secrets: SecretStore
  readonly projectTokens: ProjectTokens
  readonly follows: Follows
  readonly checkoutKeys: CheckoutKeys
  readonly sshKeys: SshKeys
  readonly sshAccess: Pick<SshAccess, 'allow' | 'usersOf'>
  readonly userKeys: UserKeys
  readonly insights: Insights
  readonly schedules: Schedules
  readonly queries: BuildQueries
  readonly live: LiveEvents
  readonly objects: Objects
  readonly output: StepOutput
  readonly sealer: SecretSealer
  readonly signer: PublishedKeys
  readonly hosting: GitHosting
  readonly actions: UserActions
  readonly pushes: PushActions
  readonly queue: RunQueue
  readonly forecaster: Pick<Forecaster, 'expected'>
  readonly settings: SettingsStore
  readonly operations: Pick<Operations, 'loops' | 'dispatches' | 'locks' | 'administration'>
  readonly retention: Pick<RetentionStore, 'projectsAfter' | 'count'>
  readonly orbs: OrbRegistry
  readonly urlOrbs: UrlOrbStore
  /** For configs and orbs that somebody wants to see compiled. */
  readonly compiler: Pick<Compiler, 'compile' | 'checkOrb'>
  /** Project of the running attempt a job's Git password was issued to. */
  attemptProject(password: string): Promise<string | undefined>
}

export interface WebOptions {
  readonly publicUrl: string
  /** Folder of the built web app; without it only the API is served. */
  readonly webFolder?: string
  /** Requests of one user; default 150 a second with bursts of 300. */
  readonly requestRate?: BucketOptions
  readonly onError: (error: unknown, request: { method: string; url: string }) => void
}

export interface AgentPorts {
  /** Whether the process at the other end of a connection may speak to this port at all; asked once a connection. */
  admits(connection: Socket): Promise<boolean>
  /** Who sends a request, by its token and the process it names; see `AgentAuthenticator`. */
  authenticate(token: string, seat: string | undefined, greeting: boolean): Promise<AskingAgent>
  /** Where each call is noted while it lasts, so that it ends with the right to it. */
  readonly openCalls: OpenCalls
  controlPlane(agent: AskingAgent): SealedControlPlane
  /** AppError `unauthenticated`: machines cannot join with this. */
  requireJoining(token: string): Promise<void>
  /** Makes the bearer of a joining token an agent; answers its name and token. */
  join(token: string, wanted: unknown): Promise<{ readonly name: string; readonly token: string }>
}
