import { join } from 'node:path'
import {
  createFileSealer,
  createFileTokenSigner,
  createGitHosting,
  openFileKeyRing,
  openFileObjects,
  openFileOutput,
  randomId,
  systemClock,
} from '@rondo/adapters'
import type { WebPorts } from '@rondo/api'
import {
  createContinuationKeys,
  createForecaster,
  createInlineCompiler,
  createOrbLookup,
  createOrbRegistry,
  createPushActions,
  createUserActions,
} from '@rondo/conductor'
import type { UserActions } from '@rondo/model'
import type { TestDatabase } from './database.ts'

export const testPublicUrl = 'http://ci.example.com'

/** What the web server is built on, over a test's database and folder; `actions` when the test has an engine of its own. */
export async function openWebPorts({ store, folder }: TestDatabase, given?: UserActions): Promise<WebPorts> {
  const sealingKey = join(folder, 'sealing-key.json')
  await openFileKeyRing(join(folder, 'key-ring.json'), sealingKey)
  const compiler = createInlineCompiler(createOrbLookup(store.orbs, { settings: store.settings }))
  const hosting = createGitHosting(join(folder, 'repositories'))
  const actions =
    given ??
    createUserActions({
      engine: store.engine,
      repositories: hosting,
      compiler,
      publicUrl: testPublicUrl,
      clock: systemClock,
      newId: randomId,
      continuationKeys: createContinuationKeys(Buffer.alloc(32)),
    })
  return {
    accounts: store.accounts,
    agents: store.agents,
    agentTokens: store.agentTokens,
    holds: store.holds,
    usage: store.usage,
    secrets: store.secrets,
    projectTokens: store.projectTokens,
    follows: store.follows,
    checkoutKeys: store.checkoutKeys,
    sshKeys: store.sshKeys,
    sshAccess: store.sshAccess,
    userKeys: store.userKeys,
    insights: store.insights,
    schedules: store.schedules,
    queries: store.queries,
    queue: store.queue,
    forecaster: createForecaster({ queue: store.queue, clock: systemClock }),
    settings: store.settings,
    retention: store.retention,
    operations: store.operations,
    live: store.live,
    objects: await openFileObjects(join(folder, 'objects')),
    output: await openFileOutput(join(folder, 'output')),
    sealer: createFileSealer(sealingKey),
    signer: createFileTokenSigner(join(folder, 'signing-keys.json'), systemClock),
    hosting,
    actions,
    pushes: createPushActions({ pushes: store.pushes, actions }),
    urlOrbs: store.urlOrbs,
    orbs: createOrbRegistry({ store: store.orbs, accounts: store.accounts, compiler }),
    compiler,
    attemptProject: async () => undefined,
  }
}
