import { randomUUID } from 'node:crypto'
import { buildRevision, startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createContinuationKeys } from './continuation-keys.ts'
import { createUserActions } from './user-actions.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

test('a request that two servers get at the same moment makes one pipeline, and leaves no hole in the numbers [R-25]', async () => {
  const { project } = await engine.home()
  const revision = buildRevision({})
  const { promise: bothCame, resolve: open } = Promise.withResolvers<void>()
  let came = 0
  const newServer = () =>
    createUserActions({
      engine: engine.database.store.engine,
      compiler: {
        compile: async () => ({ plan: undefined, output: undefined, parameters: {}, problems: [] }),
        checkOrb: () => Promise.reject(new Error('no orb is checked here')),
        close: async () => {},
      },
      continuationKeys: createContinuationKeys(Buffer.alloc(32)),
      repositories: {
        create: async () => {},
        exists: async () => true,
        branches: async () => [],
        // Neither of the two that come first goes on before both have seen that nothing is made yet.
        resolve: async () => {
          if (++came === 2) open()
          await bothCame
          return revision
        },
        readFile: async () => undefined,
      },
      publicUrl: 'http://ci.example.com',
      clock: { now: () => new Date(), monotonicMs: () => performance.now(), sleep: async () => {} },
      newId: randomUUID,
    })
  const trigger = (server: ReturnType<typeof newServer>, key: string) =>
    server.trigger({
      project,
      actorId: null,
      trigger: 'api',
      ref: { branch: 'main' },
      parameters: {},
      once: { scope: project.id, key, fingerprint: 'f' },
    })
  const servers = [newServer(), newServer()]

  const [one, other] = await Promise.all(servers.map((server) => trigger(server, 'k')))
  const next = await trigger(servers[0]!, 'next')

  expect(one).toMatchObject({ number: 1 })
  expect(other).toMatchObject({ id: one!.id, number: 1 })
  expect(next).toMatchObject({ number: 2 })
})
