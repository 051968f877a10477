import { randomUUID } from 'node:crypto'
import type { GitRevision, TriggerRequest } from '@rondo/model'
import { buildRevision, startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeEvent } from '../history/describe-event.ts'
import { createContinuationKeys } from './continuation-keys.ts'
import { createUserActions } from './user-actions.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

test.each<[string, Partial<GitRevision>, string]>([
  ['subject', { subject: 'Docs [skip ci]' }, '[skip ci]'],
  ['body', { subject: 'Docs', body: 'Only words.\n[CI SKIP]' }, '[CI SKIP]'],
])(
  'a push whose head commit asks in its %s to be skipped makes nothing, and the project’s history says so once [I-039]',
  async (_where, message, mark) => {
    const { project, user } = await engine.home()
    const push = pushOf({ project, actorId: user.id }, message)

    const made = [await push('a push'), await push('a push'), await push('a push')]

    expect(made).toEqual([undefined, undefined, undefined])
    const { queries } = engine.database.store
    expect((await queries.pipelines({ projectId: project.id }, { limit: 5 })).items).toEqual([])
    const { items: history } = await queries.eventsOfProject(project.id, { limit: 100 })
    expect(history.map((entry) => [entry.kind, entry.actorLogin, describeEvent(entry)])).toEqual([
      [
        'push.skipped',
        user.login,
        {
          what: expect.stringMatching(/^no pipeline by a push \(branch main at [0-9a-f]{12}\)$/),
          why: `the message of its head commit says ${mark}`,
        },
      ],
    ])
  },
)

test('what stands behind the first 250 characters skips nothing [I-039]', async () => {
  const { project } = await engine.home()

  const pipeline = await pushOf({ project, actorId: null }, { subject: 'x'.repeat(240), body: '[skip ci]' })('a push')

  expect(pipeline).toMatchObject({ number: 1 })
})

/** Pushes of one commit with this message, each under the key it is given. */
function pushOf(who: Pick<TriggerRequest, 'project' | 'actorId'>, message: Partial<GitRevision>) {
  const revision = buildRevision(message)
  const actions = createUserActions({
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
      resolve: async () => revision,
      readFile: async () => undefined,
    },
    publicUrl: 'http://ci.example.com',
    clock: { now: () => new Date(), monotonicMs: () => performance.now(), sleep: async () => {} },
    newId: randomUUID,
  })
  return (key: string) =>
    actions.trigger({
      ...who,
      trigger: 'webhook',
      ref: { branch: 'main', revision: revision.revision },
      parameters: {},
      once: { scope: `push ${who.project.id}`, key, fingerprint: revision.revision },
    })
}
