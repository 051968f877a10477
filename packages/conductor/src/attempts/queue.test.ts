import { type Pipeline, type Project, settingProblem, type TaskLimit } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { explainWait } from '../decisions/explain-wait.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

beforeEach(async () => {
  const { queue } = engine.database.store
  for (const limit of await queue.limits()) await queue.setLimit(limit, undefined)
  for (let tasks = await engine.claim(); tasks.length > 0; tasks = await engine.claim())
    for (const task of tasks) await engine.finish(task)
})

afterAll(() => engine.stop())

const config = (parallelism = 1, executor = 'docker: [{image: cimg/base:current}]') => `
version: 2.1
jobs:
  build: {${executor}, parallelism: ${parallelism}, steps: [{run: "true"}]}
  after: {${executor}, steps: [{run: "true"}]}
workflows:
  main: {jobs: [build, after: {requires: [build]}]}
`
const everything: Omit<TaskLimit, 'id' | 'maxTasks'> = { organizationId: null, projectId: null, resourceClass: null }

describe('shares', () => {
  test.each(['organization', 'project'] as const)(
    'of a busy machine go by what administrators set, also when it has room for one task alone (%s) [I-050]',
    async (scope) => {
      const much = await engine.home()
      const little = await engine.home()
      const projectId = scope === 'project' ? little.project.id : null
      const { settings } = engine.database.store
      await settings.set({ organizationId: little.organization.id, projectId }, 'queue.share', 100, null)
      await settings.set({ organizationId: much.organization.id, projectId: null }, 'queue.share', 300, null)
      await engine.push(much.project, config(12))
      await engine.push(little.project, config(12))

      const turns: string[] = []
      for (let turn = 0; turn < 8; turn++) {
        const [task] = await engine.claim(1)
        turns.push((await engine.database.store.engine.attemptContext(task!.attemptId)).identity.projectId)
        await engine.finish(task!)
      }

      expect(turns.filter((one) => one === much.project.id)).toHaveLength(6)
      expect(turns).toContain(little.project.id)
    },
  )

  test('that are no whole number of at least one are refused', () => {
    expect(settingProblem('queue.share', 0)).toBe(
      'queue.share cannot be 0. Give a whole number of shares from 1 to 10000.',
    )
  })
})

describe('a slice that waits for the others of its job', () => {
  const steps = { plain: '{run: "true"}', deploy: '{deploy: {command: "true"}}' }
  test.each([
    ['comes last, so that they have a place by then', 'deploy', [1, 2, 0]],
    ['is the first of those that wait for nobody', 'plain', [0, 1, 2]],
  ] as const)('%s', async (_, step, order) => {
    const { project } = await engine.home()
    await engine.push(project, config(3).replace(steps.plain, steps[step]))

    const slices: unknown[] = []
    for (let turn = 0; turn < 3; turn++) {
      const [task] = await engine.claim(1)
      slices.push((await engine.database.store.engine.attemptContext(task!.attemptId)).identity.taskIndex)
      await engine.finish(task!)
    }

    expect(slices).toEqual(order)
  })
})

describe('limits', () => {
  test('of a project are kept to the letter, whoever claims at the same time, and the rest waits with the reason until one ends [I-050] [L-306]', async () => {
    const { project, organization } = await engine.home()
    const { queue } = engine.database.store
    await queue.setLimit({ ...everything, organizationId: organization.id, projectId: project.id }, 3)
    const pipeline = await engine.push(project, config(12))

    const claimed = (await Promise.all(Array.from({ length: 8 }, () => engine.claim(2)))).flat()

    expect(claimed).toHaveLength(3)
    expect(await why(pipeline, 'build')).toMatchObject({
      kind: 'limit',
      text: 'At most 3 tasks of its project may run at once, and so many do. 9 of its 12 slices wait.',
    })
    expect(await queue.summary()).toMatchObject({ held: 9, waiting: 0, running: 3 })
    for (const task of claimed) await engine.finish(task)
    expect(await engine.claim(12)).toHaveLength(3)
  })

  test('hold up nobody else', async () => {
    const { project, organization } = await engine.home()
    const { project: other } = await engine.home()
    await engine.database.store.queue.setLimit({ ...everything, organizationId: organization.id }, 0)
    const blocked = await engine.push(project, config())
    const free = await engine.push(other, config())

    expect(await engine.claim()).toHaveLength(1)

    expect((await engine.job(free, 'build')).status).toBe('queued')
    expect((await why(blocked, 'build')).text).toBe(
      'New work of its organisation is blocked. An administrator can let it go on.',
    )
  })

  test('of everything block new work, lose none of it, and let it go on when they are lifted', async () => {
    const { project } = await engine.home()
    const { queue } = engine.database.store
    await queue.setLimit(everything, 0)
    await engine.push(project, config())
    const before = await engine.claim()
    await queue.setLimit(everything, undefined)

    expect([before.length, (await engine.claim()).length]).toEqual([0, 1])
  })

  test('do not hold what an administrator promoted, and that goes first [L-303]', async () => {
    const { project } = await engine.home()
    const { queue } = engine.database.store
    await engine.push(project, config())
    const wanted = await engine.push(project, config())
    await queue.setLimit(everything, 0)
    const { id } = await engine.job(wanted, 'build')

    const promoted = await queue.promote([id])
    const claimed = await engine.claim()

    expect([promoted, await queue.promote([id])]).toEqual([1, 0])
    expect(claimed).toHaveLength(1)
    expect((await engine.database.store.engine.attemptContext(claimed[0]!.attemptId)).job.id).toBe(id)
  })
})

test('organisations share what there is: one with hundreds of tasks does not keep another waiting [I-050]', async () => {
  const { project: large } = await engine.home()
  const { project: small } = await engine.home()
  await engine.push(large, config(100))
  const late = await engine.push(small, config(2))

  const claimed = await engine.claim(6)

  const { id } = await engine.job(late, 'build')
  const owners = await Promise.all(
    claimed.map(async (task) => (await engine.database.store.engine.attemptContext(task.attemptId)).job.id === id),
  )
  expect(owners.filter(Boolean)).toHaveLength(2)
  expect(owners.indexOf(true)).toBeLessThan(2)
})

describe('why a job waits', () => {
  test('for agents that run its executor: says that there is none, and what to do, and nobody else gets it [L-096 L-308 L-393]', async () => {
    const pipeline = await push(config(1, 'macos: {xcode: "16.0.0"}, resource_class: m4pro.medium'))
    const job = await engine.job(pipeline, 'build')

    // The class is not known here at all, which is said at once rather than waited for.
    expect([job.status, job.message]).toEqual(['failed', expect.stringMatching(/no resource class "m4pro.medium"/)])

    const machine = await push(config(1, 'machine: {image: ubuntu-2204:current}'))
    expect(await why(machine, 'build')).toEqual({
      kind: 'no-agent',
      text: 'No agent runs machine jobs (class medium): those that are connected run other executors. Start one.',
      ahead: 0,
      expectedMs: null,
      unknown: 'Nobody can say when one will.',
    })
    expect(await engine.claim()).toEqual([])
    await engine.actions.cancelWorkflow((await engine.workflow(machine)).id, null)
  })

  test('for room: its position, and when it is expected to start', async () => {
    const first = await push(config(3))
    const second = await push(config())

    const early = await why(second, 'build')
    await engine.run(first, 'build')

    expect(early).toMatchObject({
      kind: 'room',
      ahead: 3,
      text: 'It waits for room on the agent that runs docker jobs; 3 tasks are ahead of it.',
    })
    const later = await why(second, 'build')
    expect(later.ahead).toBe(2)
    expect(later.expectedMs).toBeGreaterThan(0)

    await engine.claim()
    expect(await why(await push(config()), 'build')).toMatchObject({
      ahead: 0,
      text: 'It is next in line: it starts as soon as the agent that runs docker jobs has room for its class medium.',
    })
  })

  test('for other jobs, for an approval, for a lock: names them', async () => {
    const { project } = await engine.home()
    const serial = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - hold: {type: approval}
      - build: {serial-group: prod}
      - build: {name: last, requires: [build, hold]}
`
    const first = await engine.push(project, serial)
    const second = await engine.push(project, serial)

    expect((await why(first, 'last')).text).toBe('It waits for hold, build.')
    expect((await why(first, 'hold')).text).toBe('It waits for somebody to approve it.')
    expect(await why(second, 'build/lock')).toMatchObject({
      kind: 'lock',
      ahead: 1,
      text: `The lock prod is held by pipeline ${first.number} of gh/${project.organizationName}/app.`,
    })
    const scope = { organizationId: project.organizationId, projectId: project.id, resourceClass: null }
    await engine.database.store.queue.setLimit(scope, 0)
    expect((await why(second, 'build/lock')).text).toBe(
      `New work is blocked: it keeps its place in line for the lock prod, which is held by pipeline ${first.number} of gh/${project.organizationName}/app, and others pass it. An administrator can let it go on.`,
    )
    await engine.database.store.queue.setLimit(scope, undefined)
  })

  test('does not exist for a job that does not', async () => {
    expect(await engine.database.store.queue.wait('00000000-0000-7000-8000-000000000000')).toBeUndefined()
  })
})

test('the head and the tail of the queue can be listed, with whose they are [L-302] [L-304]', async () => {
  const first = await push(config())
  const second = await push(config())
  const { queue } = engine.database.store

  const head = await queue.entries('head', 1)
  const tail = await queue.entries('tail', 1)

  expect(head).toMatchObject([
    { jobId: (await engine.job(first, 'build')).id, jobName: 'build', jobNumber: 1, limit: null },
  ])
  expect(tail).toMatchObject([{ jobId: (await engine.job(second, 'build')).id, slice: 0, executor: 'docker' }])
  expect(await queue.summary()).toMatchObject({
    waiting: 2,
    held: 0,
    oldestMs: expect.any(Number),
    agents: [{ name: 'test-agent', executors: ['docker'] }],
  })
})

test('a large task that others always come before gets an agent that makes room for it', async () => {
  const large = await push(config(1, 'docker: [{image: cimg/base:current}], resource_class: xlarge'))
  const small = await push(config(4))
  const { engine: port } = engine.database.store
  const room = { cpus: 4, memoryMb: 8192 }
  const claim = (free: typeof room) =>
    port.claim({
      agentId: engine.agentId,
      free: { ...free, tasks: 1 },
      machine: { cpus: 8, memoryMb: 16_384 },
      executors: ['docker'],
      leaseMs: 30_000,
    })

  const patient = await claim(room)
  await engine.age(60_001)
  const held = await claim(room)
  const whole = await claim({ cpus: 8, memoryMb: 16_384 })

  expect([patient.length, held.length]).toEqual([1, 0])
  expect((await port.attemptContext(whole[0]!.attemptId)).job.id).toBe((await engine.job(large, 'build')).id)
  expect((await engine.job(small, 'build')).status).toBe('queued')
})

test('a task that one agent makes room for lends its age to no younger one behind it', async () => {
  const xlarge = 'docker: [{image: cimg/base:current}], resource_class: xlarge'
  const running = await push(config(1))
  await push(config(1, xlarge))
  const small = await push(config(1))
  await push(config(1, xlarge))
  const { engine: port } = engine.database.store
  const machine = { cpus: 8, memoryMb: 16_384 }
  const claim = (agentId: string, free: typeof machine) =>
    port.claim({ agentId, free: { ...free, tasks: 1 }, machine, executors: ['docker'], leaseMs: 30_000 })
  const other = await port.saveAgent({ name: 'other', hostname: '', ...machine, executors: ['docker'] })

  const first = await claim(engine.agentId, { cpus: 4, memoryMb: 8192 })
  await engine.age(60_001)
  const held = await claim(engine.agentId, { cpus: 4, memoryMb: 8192 })
  const next = await claim(other, machine)

  expect(await jobOf(first)).toBe((await engine.job(running, 'build')).id)
  expect(held).toEqual([])
  expect(await jobOf(next)).toBe((await engine.job(small, 'build')).id)

  async function jobOf(claimed: Awaited<ReturnType<typeof claim>>): Promise<string> {
    return (await port.attemptContext(claimed[0]!.attemptId)).job.id
  }
})

async function push(text: string): Promise<Pipeline> {
  const { project }: { project: Project } = await engine.home()
  return engine.push(project, text)
}

async function why(pipeline: Pipeline, name: string) {
  const facts = await engine.database.store.queue.wait((await engine.job(pipeline, name)).id)
  return explainWait(facts!)
}
