import type { Clock, EngineStore, NewId, Repositories } from '@rondo/model'
import type { Compiler } from '../compiler/compiler.ts'
import type { ContinuationKeys } from './continuation-keys.ts'

/** What the actions of people need of the world. */
export interface UserActionsPorts {
  readonly engine: EngineStore
  readonly repositories: Repositories
  readonly compiler: Compiler
  readonly publicUrl: string
  readonly clock: Clock
  readonly newId: NewId
  readonly continuationKeys: ContinuationKeys
}
