import type { Pipeline, Project } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explainWait } from '../decisions/explain-wait.ts'
import { describeEvent } from '../history/describe-event.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const serial = `
version: 2.1
jobs:
  deploy: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - deploy: {serial-group: production}
`

describe('a project whose new work is blocked', () => {
  test('is passed over in the line for a lock, keeps its place, and is first when it is let go', async () => {
    const [one, two, three] = await projects()
    const [first, second, third] = [await push(one), await push(two), await push(three)]
    const fourth = await push(one)

    await block(two)
    await deploy(first)
    const passed = await lockStates(first, second, third, fourth)
    await letGo(two)
    const waiting = await lockStates(first, second, third, fourth)
    await deploy(third)
    const inTurn = await lockStates(first, second, third, fourth)
    await deploy(second)
    await deploy(fourth)

    expect(passed).toBe('success,not_running,success,not_running')
    expect(waiting).toBe(passed)
    expect(inTurn).toBe('success,success,success,not_running')
    for (const pipeline of [first, second, third, fourth])
      expect((await engine.workflow(pipeline)).status).toBe('success')
  })

  test('takes no lock that nobody holds, says so, and has it as soon as it is let go', async () => {
    const [one, two] = await projects()
    await block(one)
    const early = await push(one)
    const early2 = await push(one)

    expect(await lockStates(early)).toBe('not_running')
    expect(await why(early)).toMatchObject({
      ahead: 0,
      expectedMs: null,
      text: 'New work is blocked: it keeps its place in line for the lock production, which is held by nobody, and others pass it. An administrator can let it go on.',
    })
    const other = await push(two)
    expect(await lockStates(other)).toBe('success')
    expect((await why(early)).text).toContain(`is held by pipeline ${other.number} of gh/`)

    await deploy(other)
    expect(await lockStates(early, early2)).toBe('not_running,not_running')
    await letGo(one)

    expect(await lockStates(early, early2)).toBe('success,not_running')
    const history = await engine.database.store.queries.eventsOf(early.id, { limit: 100 })
    expect(history.items.filter((event) => event.kind === 'lock.given').map(describeEvent)).toEqual([
      {
        what: expect.stringMatching(/^lock production taken over after \d+\.\d s$/),
        why: 'nobody held it, and new work of its project is let go on',
      },
    ])
    await deploy(early)
    await deploy(early2)
  })

  test('keeps a lock that it has, and who waits for it counts only those who go before', async () => {
    const [one, two, three] = await projects()
    const [first, second, third] = [await push(one), await push(two), await push(three)]

    await block(two)
    expect((await why(third)).ahead).toBe(1)
    await block(one)

    expect(await lockStates(first, second, third)).toBe('success,not_running,not_running')
    expect((await why(third)).text).toMatch(/is held by pipeline \d+ of \S+, whose new work is blocked\. An adm/)
    await letGo(one)
    await letGo(two)
    for (const pipeline of [first, second, third]) await deploy(pipeline)
  })

  test('is not let go by a limit of a class, but by a limit above none', async () => {
    const [one] = await projects()
    await block(one)
    const pipeline = await push(one)

    await setLimit(one, undefined, 'large')
    await settle()
    const still = await lockStates(pipeline)
    await setLimit(one, 1)
    await settle()

    expect(still).toBe('not_running')
    expect(await lockStates(pipeline)).toBe('success')
    await letGo(one)
    await deploy(pipeline)
  })
})

test('of a blocked organisation nobody gets a lock; let go, all do, in the order of arrival', async () => {
  const [one, two, three] = await projects()
  const whole = { organizationId: one.organizationId, projectId: null, resourceClass: null }
  await engine.database.store.queue.setLimit(whole, 0)
  const pipelines = [await push(one), await push(two), await push(three)]
  const before = await lockStates(...pipelines)

  await engine.database.store.queue.setLimit(whole, undefined)
  await settle()
  const seen: string[] = []
  for (const pipeline of pipelines) {
    seen.push(await lockStates(...pipelines))
    await deploy(pipeline)
  }

  expect(before).toBe('not_running,not_running,not_running')
  expect(seen).toEqual(['success,not_running,not_running', 'success,success,not_running', 'success,success,success'])
})

test('however work is blocked and let go while locks change hands, no lock is left with nobody', async () => {
  const all = await projects()
  const pipelines: Pipeline[] = []
  for (const project of [...all, ...all, ...all]) pipelines.push(await push(project))
  let ended = 0
  const switching = (async () => {
    for (let round = 0; ended < pipelines.length; round++) {
      await setLimit(all[round % 3]!, 0)
      await setLimit(all[round % 3]!, undefined)
    }
  })()

  const served: Pipeline[] = []
  while (ended < pipelines.length) {
    await settle()
    for (const pipeline of pipelines) {
      const job = await engine.job(pipeline, 'deploy')
      if (served.includes(pipeline) || job.status !== 'queued') continue
      served.push(pipeline)
      // It may be blocked again just now; what was promoted runs all the same.
      await engine.database.store.queue.promote([job.id])
      await engine.run(pipeline, 'deploy')
      ended++
    }
  }
  await switching
  await settle()

  for (const pipeline of pipelines) expect((await engine.workflow(pipeline)).status).toBe('success')
})

const push = (project: Project) => engine.push(project, serial)
const settle = () => engine.settle()

async function deploy(pipeline: Pipeline): Promise<void> {
  await engine.run(pipeline, 'deploy')
  await settle()
}

async function setLimit(
  project: Project,
  maxTasks: number | undefined,
  resourceClass: string | null = null,
): Promise<void> {
  const scope = { organizationId: project.organizationId, projectId: project.id, resourceClass }
  await engine.database.store.queue.setLimit(scope, maxTasks)
}

const block = (project: Project) => setLimit(project, 0)

async function letGo(project: Project): Promise<void> {
  await setLimit(project, undefined)
  await settle()
}

async function why(pipeline: Pipeline) {
  const { id } = await engine.job(pipeline, 'deploy/lock')
  return explainWait((await engine.database.store.queue.wait(id))!)
}

async function projects(): Promise<[Project, Project, Project]> {
  const { project, organization } = await engine.home()
  const more = async (name: string) =>
    engine.database.store.accounts.createProject({ organizationId: organization.id, name, defaultBranch: 'main' })
  return [project, await more('second'), await more('third')]
}

async function lockStates(...pipelines: readonly Pipeline[]): Promise<string> {
  const states = await Promise.all(pipelines.map((pipeline) => engine.job(pipeline, 'deploy/lock')))
  return states.map((job) => job.status).join()
}
