import type { Origin } from './diagnostic.ts'

export interface EnvironmentEntry {
  readonly name: string
  readonly value: string
}

/** One action of a job, as the agent executes it. `name` is the display name when the config gives one. */
export type Step =
  | RunStep
  | CheckoutStep
  | SaveCacheStep
  | RestoreCacheStep
  | PersistToWorkspaceStep
  | AttachWorkspaceStep
  | StoreArtifactsStep
  | StoreTestResultsStep
  | AddSshKeysStep
  | SetupRemoteDockerStep
  | UnsupportedStep

interface StepBase {
  readonly name?: string
  readonly origin: Origin
}

/** When a step runs, depending on whether an earlier step failed. */
export type StepWhen = 'on_success' | 'on_fail' | 'always'

export interface RunStep extends StepBase {
  readonly type: 'run'
  readonly command: string
  readonly shell?: string
  readonly environment: readonly EnvironmentEntry[]
  readonly background: boolean
  readonly workingDirectory?: string
  /** Milliseconds without output after which the step is stopped; default 10 minutes. */
  readonly noOutputTimeoutMs: number
  readonly when: StepWhen
  readonly maxAutoReruns: number
  readonly autoRerunDelayMs: number
  /** True for the deprecated `deploy` step. */
  readonly deploy?: boolean
}

export interface CheckoutStep extends StepBase {
  readonly type: 'checkout'
  readonly path?: string
  readonly method: 'blobless' | 'full' | 'shallow'
  readonly depth?: number
}

export interface SaveCacheStep extends StepBase {
  readonly type: 'save_cache'
  readonly key: string
  readonly paths: readonly string[]
  readonly when: StepWhen
}

export interface RestoreCacheStep extends StepBase {
  readonly type: 'restore_cache'
  /** `key` first when both were given. */
  readonly keys: readonly string[]
}

export interface PersistToWorkspaceStep extends StepBase {
  readonly type: 'persist_to_workspace'
  readonly root: string
  readonly paths: readonly string[]
}

export interface AttachWorkspaceStep extends StepBase {
  readonly type: 'attach_workspace'
  readonly at: string
}

export interface StoreArtifactsStep extends StepBase {
  readonly type: 'store_artifacts'
  readonly path: string
  readonly destination?: string
}

export interface StoreTestResultsStep extends StepBase {
  readonly type: 'store_test_results'
  readonly path: string
}

export interface AddSshKeysStep extends StepBase {
  readonly type: 'add_ssh_keys'
  readonly fingerprints: readonly string[]
}

export interface SetupRemoteDockerStep extends StepBase {
  readonly type: 'setup_remote_docker'
  readonly dockerLayerCaching: boolean
  readonly version?: string
}

/** A built-in this installation accepts but cannot carry out; the step says so and fails. */
export interface UnsupportedStep extends StepBase {
  readonly type: 'unsupported'
  readonly keyword: string
}
