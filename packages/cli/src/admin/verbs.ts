import type { Verb } from '../noun.ts'
import { makeBundle } from './bundle.ts'
import { showHistory } from './history.ts'
import { showLocks } from './locks.ts'
import { showDispatcher, showHealth, showRetention } from './operations.ts'
import { blockWork, cancelBuilds, promoteBuilds, setLimit, showQueue, unblockWork } from './queue.ts'
import { settingsVerb } from './settings.ts'

/** What `rondo admin` does. */
export const adminVerbs: readonly Verb[] = [
  showQueue,
  showLocks,
  promoteBuilds,
  cancelBuilds,
  setLimit,
  blockWork,
  unblockWork,
  settingsVerb,
  showRetention,
  showHistory,
  showDispatcher,
  showHealth,
  makeBundle,
]
