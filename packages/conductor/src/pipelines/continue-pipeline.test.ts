import { randomId, systemClock } from '@rondo/adapters'
import type { Pipeline, Repositories } from '@rondo/model'
import { buildHousehold, buildRevision, type Household, startTestDatabase, type TestDatabase } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runDueSchedules } from '../chores/run-schedules.ts'
import { createInlineCompiler } from '../compiler/inline-compiler.ts'
import { describeEvent } from '../history/describe-event.ts'
import { createContinuationKeys } from './continuation-keys.ts'
import { resumeContinuations } from './continuation-resumer.ts'
import { createStartChecks, createUserActions } from './user-actions.ts'

const setupConfig = `version: 2.1
setup: true
parameters:
  region: {type: string, default: near}
jobs:
  choose: {docker: [{image: alpine}], steps: [run: "echo << pipeline.parameters.region >>"]}
workflows:
  choosing: {jobs: [choose]}
`
const nextConfig = `version: 2.1
parameters:
  region: {type: string, default: far}
  deploy: {type: boolean, default: false}
jobs:
  build: {docker: [{image: alpine}], steps: [run: "echo << pipeline.number >> << pipeline.git.branch >> << pipeline.parameters.region >>"]}
workflows:
  building: {jobs: [build]}
  deploying:
    when: << pipeline.parameters.deploy >>
    jobs: [build]
`

let database: TestDatabase
let home: Household
let actions: ReturnType<typeof createUserActions>
const keys = createContinuationKeys(Buffer.alloc(32, 7))

beforeAll(async () => {
  database = await startTestDatabase()
})

beforeEach(async () => {
  home = await buildHousehold(database.store)
  actions = actionsOver(setupConfig)
})

afterAll(async () => {
  await database.stop()
})

function actionsOver(config: string) {
  const repositories = {
    resolve: async () => buildRevision(),
    readFile: async () => Buffer.from(config),
  } as Partial<Repositories> as Repositories
  return createUserActions({
    engine: database.store.engine,
    repositories,
    publicUrl: 'http://ci.example.com',
    clock: systemClock,
    newId: randomId,
    continuationKeys: keys,
    compiler: createInlineCompiler(),
  })
}

async function trigger(parameters: Record<string, unknown> = {}): Promise<Pipeline> {
  const pipeline = await actions.trigger({
    project: home.project,
    trigger: 'api',
    actorId: home.user.id,
    ref: { branch: 'main' },
    parameters,
  })
  return pipeline!
}

async function age(pipeline: Pipeline, minutes: number): Promise<void> {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  await client.query(`update pipelines set created_at = now() - $1 * interval '1 minute' where id = $2`, [
    minutes,
    pipeline.id,
  ])
  await client.end()
}

const look = async (id: string) => (await database.store.queries.pipeline(id))!
const workflowNames = async (id: string) =>
  (await database.store.queries.workflowsOf([id])).map((workflow) => workflow.name)
const proceed = (pipeline: Pipeline, parts: { configuration?: string; parameters?: Record<string, unknown> } = {}) =>
  actions.continuePipeline({ key: keys.issue(pipeline.id), configuration: nextConfig, parameters: {}, ...parts })

describe('a pipeline whose config is a setup config', () => {
  test('runs its setup workflow, then waits in setup to be continued [I-029]', async () => {
    const pipeline = await trigger()

    const [workflow] = await database.store.queries.workflowsOf([pipeline.id])
    const config = await database.store.queries.pipelineConfig(pipeline.id)

    expect(pipeline.state).toBe('setup')
    expect(workflow).toMatchObject({ name: 'choosing', setup: true })
    expect(config).toMatchObject({ source: '', plan: null, setup: { source: setupConfig } })
  })

  test('is continued with workflows that see its values, and keeps both configs [I-029]', async () => {
    const pipeline = await trigger()

    await proceed(pipeline, { parameters: { deploy: true } })

    const after = await look(pipeline.id)
    const config = await database.store.queries.pipelineConfig(pipeline.id)
    expect(after).toMatchObject({ state: 'created', errors: [], parameters: { region: 'far', deploy: true } })
    expect(await workflowNames(pipeline.id)).toEqual(['choosing', 'building', 'deploying'])
    expect(config?.compiled).toContain(`echo ${pipeline.number} main far`)
    expect(config?.setup?.source).toBe(setupConfig)
  })

  test('is continued once: the second asker is told so, and nothing more starts [I-029]', async () => {
    const pipeline = await trigger()

    const answers = await Promise.allSettled([proceed(pipeline), proceed(pipeline), proceed(pipeline)])

    const refused = answers.filter((answer) => answer.status === 'rejected')
    expect(refused).toHaveLength(2)
    expect(refused[0]?.reason).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('Pipeline is not in setup state'),
    })
    expect(await workflowNames(pipeline.id)).toEqual(['choosing', 'building'])
  })

  test('may rerun its setup workflow until it is continued; then that is refused, with what to do [I-037]', async () => {
    const pipeline = await trigger()
    const rerun = (workflowId: string) => actions.rerun({ workflowId, actorId: home.user.id, fromFailed: false })
    const [first] = await database.store.queries.workflowsOf([pipeline.id])
    await actions.cancelWorkflow(first!.id, null)

    const again = await rerun(first!.id)
    await proceed(pipeline)
    await actions.cancelWorkflow(again, null)

    await expect(rerun(again)).rejects.toMatchObject({
      code: 'conflict',
      message:
        'Setup workflow choosing cannot be rerun: its pipeline is not in setup state. It was continued before, and a pipeline is continued once; run a new pipeline.',
    })
    expect(await workflowNames(pipeline.id)).toEqual(['choosing', 'choosing', 'building'])
  })

  test('cannot rerun its setup workflow after it was canceled', async () => {
    const pipeline = await trigger()
    await actions.cancelPipeline(pipeline.id, null)
    const [first] = await database.store.queries.workflowsOf([pipeline.id])

    await expect(actions.rerun({ workflowId: first!.id, actorId: null, fromFailed: false })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('It was canceled, or continued'),
    })
  })

  test('is an error where the project has turned dynamic config off', async () => {
    const project = { ...home.project, settings: { ...home.project.settings, setupWorkflows: false } }

    const pipeline = await actions.trigger({
      project,
      trigger: 'api',
      actorId: home.user.id,
      ref: { branch: 'main' },
      parameters: {},
    })

    expect(pipeline).toMatchObject({ state: 'errored', errors: [{ message: expect.stringContaining('turned off') }] })
  })

  test.each([
    { runs: 'two workflows', second: 'jobs: [choose]', state: 'errored' },
    {
      runs: 'one, and another on other branches',
      second: 'jobs: [choose: {filters: {branches: {only: x}}}]',
      state: 'setup',
    },
    { runs: 'one, and another under a condition', second: 'when: false\n    jobs: [choose]', state: 'setup' },
  ])('that runs $runs is $state [I-029]', async ({ second, state }) => {
    actions = actionsOver(`${setupConfig}  checking:\n    ${second}\n`)

    const pipeline = await trigger()

    expect(pipeline.state).toBe(state)
    expect(pipeline.errors.map(({ message }) => message)).toEqual(
      state === 'setup' ? [] : [expect.stringMatching(/^Max number of workflows exceeded: .*: choosing, checking\. /)],
    )
    expect(await workflowNames(pipeline.id)).toEqual(state === 'setup' ? ['choosing'] : [])
  })

  test('may end without going anywhere: an empty configuration starts no workflow', async () => {
    const pipeline = await trigger()

    await proceed(pipeline, { configuration: '{version: 2, jobs: {}, workflows: {version: 2}}' })

    expect(await look(pipeline.id)).toMatchObject({ state: 'created', errors: [] })
    expect(await workflowNames(pipeline.id)).toEqual(['choosing'])
  })
})

describe('what is wrong with a continuation is shown on its pipeline, which then is errored', () => {
  test.each([
    { what: 'text that is no YAML', configuration: 'jobs: [', says: 'continuation config' },
    { what: 'nothing at all', configuration: '', says: 'continuation config' },
    { what: 'a setup config', configuration: setupConfig, says: 'another setup configuration' },
    { what: 'a NUL in the text', configuration: 'version: 2.1\0', says: 'continuation config' },
    { what: 'half a character in the text', configuration: 'version: \ud800', says: 'continuation config' },
    { what: 'a text past the limit', configuration: `# ${'x'.repeat(3_000_001)}`, says: '3000000' },
  ])('$what', async ({ configuration, says }) => {
    const pipeline = await trigger()

    await proceed(pipeline, { configuration })

    const after = await look(pipeline.id)
    expect(after.state).toBe('errored')
    expect(after.errors.map((error) => error.message).join('\n')).toContain(says)
    expect(await workflowNames(pipeline.id)).toEqual(['choosing'])
  })

  test('a parameter that the configuration does not declare', async () => {
    const pipeline = await trigger()

    await proceed(pipeline, { parameters: { speed: 3 } })

    expect((await look(pipeline.id)).errors[0]?.message).toContain('Unexpected argument(s): speed')
  })

  test('a parameter of another type', async () => {
    const pipeline = await trigger()

    await proceed(pipeline, { parameters: { deploy: 'perhaps' } })

    expect((await look(pipeline.id)).errors[0]?.message).toContain('Type error for argument deploy')
  })

  test('a parameter that the trigger set to something else than its default', async () => {
    const pipeline = await trigger({ region: 'west' })

    await proceed(pipeline, { parameters: { region: 'east' } })

    const after = await look(pipeline.id)
    expect(after.state).toBe('errored')
    expect(after.errors[0]?.message).toMatch(/^Conflicting pipeline parameters\..*region/)
  })
})

describe('parameters', () => {
  test('those of the trigger are handed on; defaults come from each file', async () => {
    const given = await trigger({ region: 'west' })
    const left = await trigger()

    await proceed(given)
    await proceed(left)

    expect((await look(given.id)).parameters).toEqual({ region: 'west', deploy: false })
    expect((await look(left.id)).parameters).toEqual({ region: 'far', deploy: false })
  })

  test('one that the trigger set to its default may be set again', async () => {
    const pipeline = await trigger({ region: 'near' })

    await proceed(pipeline, { parameters: { region: 'east' } })

    expect(await look(pipeline.id)).toMatchObject({ state: 'created', parameters: { region: 'east' } })
  })

  test.each([
    { what: '101 of them', parameters: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`p${n}`, 1])) },
    { what: 'a long name', parameters: { ['n'.repeat(129)]: 1 } },
    { what: 'a long value', parameters: { region: 'v'.repeat(513) } },
    { what: 'a value that is a list', parameters: { region: ['east'] } },
    { what: 'a value that is null', parameters: { region: null } },
    { what: 'a name that cannot be stored', parameters: { 'a\0b': 1 } },
  ])('$what are refused, and the pipeline may still be continued', async ({ parameters }) => {
    const pipeline = await trigger()

    await expect(proceed(pipeline, { parameters })).rejects.toMatchObject({ code: 'bad-request' })

    expect((await look(pipeline.id)).state).toBe('setup')
  })

  test('the largest that are allowed pass', async () => {
    const pipeline = await trigger()

    await proceed(pipeline, { parameters: { region: 'v'.repeat(512) } })

    expect((await look(pipeline.id)).parameters.region).toHaveLength(512)
  })
})

describe('a continuation key', () => {
  test('opens its own pipeline and no other', async () => {
    const [mine, other] = [await trigger(), await trigger()]
    const [, signature] = keys.issue(mine.id).split('.')

    const attempt = actions.continuePipeline({
      key: `rck_${other.id}.${signature}`,
      configuration: nextConfig,
      parameters: {},
    })

    await expect(attempt).rejects.toMatchObject({ code: 'forbidden' })
    expect((await look(other.id)).state).toBe('setup')
  })

  test.each(['', 'secret', `rck_${'0'.repeat(36)}.${'A'.repeat(43)}`])('"%s" is none', async (key) => {
    await expect(actions.continuePipeline({ key, configuration: nextConfig, parameters: {} })).rejects.toMatchObject({
      code: 'forbidden',
    })
  })

  test('of a pipeline without a setup config opens nothing', async () => {
    actions = actionsOver(nextConfig)
    const pipeline = await trigger()

    await expect(proceed(pipeline)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('does not say setup: true'),
    })
  })

  test('of a canceled pipeline, or of one whose continuation was in vain, opens nothing, and says why [I-029]', async () => {
    const [canceled, vain] = [await trigger(), await trigger()]
    await actions.cancelPipeline(canceled.id, home.user.id)
    await proceed(vain, { configuration: 'jobs: [' })

    for (const pipeline of [canceled, vain])
      await expect(proceed(pipeline)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringMatching(
          /not in setup state\. It was canceled, or continued with a config that cannot be used/,
        ),
      })
    expect(await workflowNames(canceled.id)).toEqual(['choosing'])
  })

  test.each([
    { minutes: 359, outcome: 'created' },
    { minutes: 361, outcome: 'Continuation key has expired. Please run a new pipeline.' },
  ])('after $minutes minutes: $outcome', async ({ minutes, outcome }) => {
    const pipeline = await trigger()
    await age(pipeline, minutes)

    const said = await proceed(pipeline).then(
      async () => (await look(pipeline.id)).state,
      (error) => error.message,
    )

    expect(said).toBe(outcome)
  })
})

test('a continuation that was accepted by a process that died is finished by the next, once [I-029]', async () => {
  const pipeline = await trigger()
  await database.store.engine.transact((tx) =>
    tx.acceptContinuation(pipeline.id, { configuration: nextConfig, parameters: { deploy: true } }),
  )
  const ports = {
    engine: database.store.engine,
    compiler: createInlineCompiler(),
    checks: createStartChecks(randomId),
    clock: systemClock,
    newId: randomId,
  }
  const stop = new AbortController()

  const two = [1, 2].map(() => resumeContinuations(ports, { everyMs: 10 }, stop.signal))
  while ((await look(pipeline.id)).state === 'pending') await systemClock.sleep(10)
  stop.abort()
  await Promise.all(two)

  expect(await look(pipeline.id)).toMatchObject({ state: 'created', parameters: { deploy: true } })
  expect(await workflowNames(pipeline.id)).toEqual(['choosing', 'building', 'deploying'])
})

test('a continuation that cannot be finished now holds up none of the others', async () => {
  const [ill, well] = [await trigger(), await trigger()]
  for (const pipeline of [ill, well])
    await database.store.engine.transact((tx) =>
      tx.acceptContinuation(pipeline.id, { configuration: nextConfig, parameters: {} }),
    )
  const compiler = createInlineCompiler()
  const errors: unknown[] = []
  const ports = {
    engine: database.store.engine,
    compiler: {
      ...compiler,
      compile: async (request: Parameters<typeof compiler.compile>[0]) => {
        if (request.pipelineValues['pipeline.id'] === ill.id) throw new Error('orbs are away')
        return compiler.compile(request)
      },
    },
    checks: createStartChecks(randomId),
    clock: systemClock,
    newId: randomId,
  }
  const stop = new AbortController()

  const resuming = resumeContinuations(ports, { everyMs: 10, onError: (error) => errors.push(error) }, stop.signal)
  while ((await look(well.id)).state === 'pending') await systemClock.sleep(10)
  stop.abort()
  await resuming

  expect(await look(well.id)).toMatchObject({ state: 'created' })
  expect(await look(ill.id)).toMatchObject({ state: 'pending' })
  expect(errors.map(String)).toContain('Error: orbs are away')
})

describe('the history tells in words', () => {
  const told = async (pipeline: Pipeline) =>
    (await database.store.queries.eventsOf(pipeline.id, { limit: 100 })).items
      .filter((event) => event.kind.startsWith('pipeline.'))
      .map((event) => Object.values(describeEvent(event)))
  const made = (pipeline: Pipeline) => [
    `pipeline ${pipeline.number} created by the API (branch main at aaaaaaaaaaaa)`,
    null,
  ]

  test('how a pipeline was continued', async () => {
    const pipeline = await trigger()
    await proceed(pipeline)

    expect(await told(pipeline)).toEqual([
      made(pipeline),
      [`pipeline ${pipeline.number} is to be continued: a config for it was accepted`, null],
      [`pipeline ${pipeline.number} is continued with that config`, null],
    ])
  })

  test('why it could not be', async () => {
    const pipeline = await trigger()
    await proceed(pipeline, { configuration: setupConfig })

    expect((await told(pipeline)).at(-1)).toEqual([
      `pipeline ${pipeline.number} could not be continued`,
      expect.stringContaining('cannot be continued with another setup configuration'),
    ])
  })

  test('why there is none, and which schedule asked for it', async () => {
    const { schedules } = database.store
    const schedule = await schedules.create({
      projectId: home.project.id,
      name: 'nightly',
      description: '',
      branch: 'main',
      tag: null,
      timetable: { cron: '0 3 * * *' },
      parameters: {},
      actorId: null,
      nextAt: new Date(Date.now() - 5_000),
    })
    actions = actionsOver('version: 2.1\nworkflows: {main: {jobs: [missing]}}')
    const { accounts } = database.store
    await runDueSchedules({ schedules, accounts, actions }, (error) => {
      throw error
    })
    const { items } = await database.store.queries.pipelines({ projectId: schedule.projectId }, { limit: 1 })

    expect(await told(items[0]!)).toEqual([
      [
        expect.stringMatching(
          /^pipeline \d+ could not be made by schedule nightly, \d+\.\d s late \(branch main at a{12}\)$/,
        ),
        expect.stringContaining('missing'),
      ],
    ])
  })
})
