import { contextScope, type NewSchedule, type Pipeline, type Project, type User } from '@rondo/model'
import { buildHousehold, type Household, startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runDueSchedules } from '../chores/run-schedules.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const jobs = `
jobs:
  deploy: { docker: [{ image: i }], steps: [run: 'true'] }
`
const plain = (more = '') =>
  `version: 2.1${jobs}workflows: { main: { ${more} jobs: [deploy: { context: [production], filters: { tags: { only: /.*/ } } }] } }\n`
const held = `version: 2.1${jobs}workflows: { main: { jobs: [hold: { type: approval }, deploy: { context: [production], requires: [hold] }] } }\n`
const setup = `version: 2.1\nsetup: true\njobs: { choose: { docker: [{ image: i }], steps: [run: 'true'] } }\nworkflows: { choosing: { jobs: [choose] } }\n`

/** Begins a run of `deploy`; what `change` changes of the context is so before that job is decided on. */
interface Way {
  readonly name: string
  /** Who causes the run in the end: `first` made the pipeline, or was to; `second` is of another organisation, with rights here. */
  readonly by: 'first' | 'second' | 'nobody'
  readonly begin: (home: Household, second: User, change: () => Promise<void>) => Promise<Pipeline>
}

const triggered =
  (
    trigger: 'webhook' | 'api' | 'scheduled_pipeline',
    ref: { branch: string } | { tag: string } = { branch: 'main' },
  ): Way['begin'] =>
  async ({ project, user }, _second, change) => {
    await change()
    return engine.push(project, plain(), { trigger, actorId: user.id, ref })
  }

/** A first run that failed, and then one of the ways to run it again. */
const again =
  (how: (pipeline: Pipeline, second: User) => Promise<unknown>): Way['begin'] =>
  async ({ project, user }, second, change) => {
    const pipeline = await engine.push(project, plain(), { trigger: 'api', actorId: user.id })
    await engine.run(pipeline, 'deploy', 'failed')
    await change()
    await how(pipeline, second)
    return pipeline
  }

async function rerun(pipeline: Pipeline, actorId: string | null, more: object = {}): Promise<void> {
  const { id: workflowId } = await engine.workflow(pipeline)
  await engine.actions.rerun({ workflowId, actorId, fromFailed: false, ...more })
}

const ways: readonly Way[] = [
  { name: 'a push', by: 'first', begin: triggered('webhook') },
  { name: 'the API', by: 'first', begin: triggered('api') },
  { name: 'the API, of another branch', by: 'first', begin: triggered('api', { branch: 'main-too' }) },
  { name: 'a tag', by: 'first', begin: triggered('webhook', { tag: 'v1' }) },
  {
    name: 'a schedule',
    by: 'second',
    async begin({ project }, second, change) {
      await engine
        .push(project, plain().replace('main:', 'other:'), {})
        .then((pipeline) => engine.run(pipeline, 'deploy'))
      const { schedules, accounts, queries } = engine.database.store
      await schedules.create(dueNow(project, second))
      await change()
      await runDueSchedules({ schedules, accounts, actions: engine.actions }, (error) => {
        throw error
      })
      return (await queries.pipelines({ projectId: project.id }, { limit: 1 })).items[0]!
    },
  },
  {
    name: 'a continuation',
    by: 'first',
    async begin({ project, user }, _second, change) {
      const pipeline = await engine.push(project, setup, { trigger: 'api', actorId: user.id })
      const task = await engine.take(pipeline, 'choose')
      const { environment } = await engine.plane.resume(task)
      const key = environment.find(({ name }) => name === 'CIRCLE_CONTINUATION_KEY')!.value
      await change()
      await engine.actions.continuePipeline({ key, configuration: plain(), parameters: {} })
      await engine.end(task)
      await engine.settle()
      return pipeline
    },
  },
  {
    name: 'an approval by another',
    by: 'first',
    async begin({ project, user }, second, change) {
      const pipeline = await engine.push(project, held, { actorId: user.id })
      await change()
      await engine.actions.approve((await engine.job(pipeline, 'hold')).id, second.id)
      return pipeline
    },
  },
  { name: 'a rerun by another', by: 'second', begin: again((pipeline, second) => rerun(pipeline, second.id)) },
  {
    name: 'a rerun from failed by another',
    by: 'second',
    begin: again((pipeline, second) => rerun(pipeline, second.id, { fromFailed: true })),
  },
  {
    name: 'a rerun with SSH by another',
    by: 'second',
    begin: again(async (pipeline, second) =>
      rerun(pipeline, second.id, { jobIds: [(await engine.job(pipeline, 'deploy')).id], enableSsh: true }),
    ),
  },
  { name: 'a rerun by nobody', by: 'nobody', begin: again((pipeline) => rerun(pipeline, null)) },
  {
    name: 'a rerun by itself',
    by: 'first',
    async begin({ project, user }, _second, change) {
      const pipeline = await engine.push(project, plain('max_auto_reruns: 1,'), { actorId: user.id })
      const task = await engine.take(pipeline, 'deploy')
      await change()
      await engine.end(task, 'failed')
      await engine.settle()
      return pipeline
    },
  },
]

function dueNow(project: Project, { id: actorId }: User): NewSchedule {
  return {
    projectId: project.id,
    name: 'nightly',
    description: '',
    branch: 'main',
    tag: null,
    // Half a day from now, so that no other run falls due while the test runs.
    timetable: { perHour: 1, hoursOfDay: [(new Date().getUTCHours() + 12) % 24] },
    parameters: {},
    actorId,
    nextAt: new Date(Date.now() - 1_000),
  }
}

/** An organisation whose context `production` holds a secret, and another whose secret of that name must never be borrowed. */
async function prepare() {
  const [home, stranger] = [await engine.home(), await buildHousehold(engine.database.store)]
  const { secrets, accounts } = engine.database.store
  const contexts: string[] = []
  for (const [of, value] of [
    [home, 'own-canary'],
    [stranger, 'foreign-canary'],
  ] as const) {
    const { id } = await secrets.createContext(of.organization.id, 'production')
    await secrets.setContextVariable(id, {
      name: 'KEY',
      sealed: await engine.keyRing.seal(value, contextScope(id)),
      hint: '',
    })
    contexts.push(id)
  }
  const sibling = await accounts.createProject({
    organizationId: home.organization.id,
    name: 'sibling',
    defaultBranch: 'main',
  })
  return { home, stranger, sibling, contextId: contexts[0]! }
}

describe.each(ways)('$name', ({ by, begin }) => {
  test('gets the context that its project may use, in the name of who caused it [S-04]', async () => {
    const { home, stranger, contextId } = await prepare()
    const pipeline = await begin(home, stranger.user, async () => {
      await engine.database.store.secrets.addRestriction(contextId, home.project.id)
    })

    const task = await engine.take(pipeline, 'deploy')
    const spec = await engine.plane.resume(task)
    await engine.end(task)

    expect(JSON.stringify(spec)).toContain('own-canary')
    expect(JSON.stringify(spec)).not.toContain('foreign-canary')
    const expected = { first: home.user.id, second: stranger.user.id, nobody: '00000000-0000-0000-0000-000000000000' }[
      by
    ]
    expect(
      JSON.stringify(
        spec.environment.filter(({ name }) => name.startsWith('CIRCLE_OIDC')).map(({ value }) => subjectOf(value)),
      ),
    ).toContain(`user/${expected}`)
  })

  test.each([
    [
      'was restricted to another project of the organisation',
      async (contextId: string, siblingId: string) =>
        void (await engine.database.store.secrets.addRestriction(contextId, siblingId)),
    ],
    [
      'is gone, while another organisation has one of that name',
      async (contextId: string) => void (await engine.database.store.secrets.deleteContext(contextId)),
    ],
  ])('gets nothing of a context that %s [S-04]', async (_what, change) => {
    const { home, stranger, sibling, contextId } = await prepare()

    const pipeline = await begin(home, stranger.user, () => change(contextId, sibling.id))

    expect(await engine.statuses(pipeline)).toMatchObject({ deploy: 'unauthorized' })
    expect(await engine.claim()).toEqual([])
  })
})

function subjectOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sub
}
