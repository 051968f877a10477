import { AppError } from '@rondo/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildJob, buildRevision, claimQuery } from '../../builders.ts'
import { runEngineScript } from './engine-script.ts'
import { type EngineHome, type EngineStand, memoryStand, postgresStand } from './engine-stand.ts'

let postgres: EngineStand
const memory = memoryStand()

beforeAll(async () => {
  postgres = await postgresStand()
})

afterAll(() => postgres.stop())

describe('the store in memory', () => {
  test.each(Array.from({ length: 30 }, (_, index) => index + 1))(
    'answers as PostgreSQL does, whatever is asked (seed %i)',
    async (seed) => {
      const expected = await runEngineScript(postgres, seed, 60)

      const answers = await runEngineScript(memory, seed, 60)

      expect(answers).toEqual(expected)
    },
  )
})

describe.each([
  ['PostgreSQL', () => postgres],
  ['memory', () => memory],
])('two at a time, in %s', (_name, stand) => {
  test('who holds a workflow lets the others wait, and they see what it wrote', async () => {
    const home = await stand().newHome()
    const { workflowId, jobs } = await newWorkflow(stand(), home, 1)
    const held = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const first = stand().engine.transact(async (tx) => {
      await tx.lockWorkflow(workflowId)
      held.resolve()
      await go.promise
      await tx.saveJob({ id: jobs[0]!.id, status: 'on_hold' })
    })
    await held.promise
    let seen: string | undefined
    const second = stand().other.transact(async (tx) => {
      seen = (await tx.lockWorkflow(workflowId))?.jobs[0]?.status
    })

    const before = seen
    go.resolve()
    await Promise.all([first, second])

    expect([before, seen]).toEqual([undefined, 'on_hold'])
  })

  test('what is not committed is seen by nobody, and what is rolled back never was', async () => {
    const home = await stand().newHome()
    const { workflowId, pipelineId, jobs } = await newWorkflow(stand(), home, 2)
    const agentId = await newAgent(stand(), home)
    const failed = stand().engine.transact(async (tx) => {
      await tx.enqueue({ ...jobs[0]!, projectId: home.projectId }, 'docker', { cpus: 1, memoryMb: 1 })
      await tx.saveJob({ id: jobs[0]!.id, status: 'queued' })
      await tx.append({ kind: 'task.queued', projectId: home.projectId, workflowId })
      const claimed = await stand().other.claim(claimQuery(agentId))
      expect(claimed).toEqual([])
      throw new Error('changed its mind')
    })

    await expect(failed).rejects.toThrow('changed its mind')

    const snapshot = await stand().engine.transact((tx) => tx.lockWorkflow(workflowId))
    expect(snapshot?.jobs[0]).toMatchObject({ status: 'blocked', number: null })
    expect(snapshot?.tasks).toEqual([])
    expect(await stand().events(pipelineId)).toEqual([])
    expect(await stand().engine.claim(claimQuery(agentId))).toEqual([])
  })

  test('claimers pass over a task that somebody holds', async () => {
    const home = await stand().newHome()
    const { jobs } = await newWorkflow(stand(), home, 2)
    const agentId = await newAgent(stand(), home)
    for (const job of jobs)
      await stand().engine.transact((tx) =>
        tx.enqueue({ ...job, projectId: home.projectId }, 'docker', { cpus: 1, memoryMb: 1 }),
      )

    const claimed = await stand().engine.transact(async (tx) => {
      await tx.stopTasks(jobs[0]!.id, 'canceled')
      // Writes may be kept until something is read.
      await tx.workflowOfJob(jobs[0]!.id)
      return stand().other.claim(claimQuery(agentId, { free: { cpus: 9, memoryMb: 9, tasks: 9 } }))
    })

    expect(claimed.map((task) => task.jobName)).toEqual([jobs[1]!.name])
  })

  test('of two that wait for each other one is run again, and both are done', async () => {
    const home = await stand().newHome()
    const workflows = [await newWorkflow(stand(), home, 1), await newWorkflow(stand(), home, 1)].map(
      (w) => w.workflowId,
    )
    const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const runs = [0, 0]
    const lockInOrder = (own: number) =>
      [stand().engine, stand().other][own]!.transact(async (tx) => {
        runs[own]!++
        await tx.lockWorkflow(workflows[own]!)
        both[own]!.resolve()
        await both[1 - own]!.promise
        await tx.lockWorkflow(workflows[1 - own]!)
        return own
      })

    const done = await Promise.all([lockInOrder(0), lockInOrder(1)])

    expect(done).toEqual([0, 1])
    expect(runs.toSorted()).toEqual([1, 2])
  })

  test('one of many gets the grant', async () => {
    const home = await stand().newHome()
    const { jobs } = await newWorkflow(stand(), home, 1)
    const agentId = await newAgent(stand(), home)
    await stand().engine.transact((tx) =>
      tx.enqueue({ ...jobs[0]!, projectId: home.projectId }, 'docker', { cpus: 1, memoryMb: 1 }),
    )
    const [ref] = await stand().engine.claim(claimQuery(agentId))

    const granted = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        [stand().engine, stand().other][index % 2]!.transact(async (tx) => {
          await tx.fence(agentId, ref!)
          return (await tx.grant([ref!])).size > 0
        }),
      ),
    )

    expect(granted.filter(Boolean)).toHaveLength(1)
  })

  test('a writer that was held up until its attempt had ended is refused', async () => {
    const home = await stand().newHome()
    const { jobs } = await newWorkflow(stand(), home, 1)
    const agentId = await newAgent(stand(), home)
    await stand().engine.transact((tx) =>
      tx.enqueue({ ...jobs[0]!, projectId: home.projectId }, 'docker', { cpus: 1, memoryMb: 1 }),
    )
    const [ref] = await stand().engine.claim(claimQuery(agentId))

    const late = await stand().engine.transact(async (tx) => {
      await tx.fence(agentId, ref!)
      const waiting = stand().other.transact((tx2) => tx2.fence(agentId, ref!))
      await tx.finishAttempts([{ ...ref!, result: 'passed' }])
      return { refused: waiting.catch((error: unknown) => (error instanceof AppError ? error.code : 'unknown')) }
    })

    expect(await late.refused).toBe('gone')
  })
})

let agents = 0
async function newAgent(stand: EngineStand, home: EngineHome): Promise<string> {
  const name = `agent-${++agents}-${home.projectId}`
  return stand.engine.saveAgent({ name, hostname: '', cpus: 4, memoryMb: 4096, executors: ['docker'] })
}

async function newWorkflow(stand: EngineStand, home: EngineHome, size: number) {
  const jobs = Array.from({ length: size }, (_, index) => buildJob({ name: `job-${index}` }))
  const { projectId } = home
  const { id, number } = await stand.engine.reservePipeline(projectId)
  return stand.engine.transact(async (tx) => {
    const pipeline = await tx.createPipeline({
      id,
      number,
      projectId,
      state: 'created',
      errors: [],
      warnings: [],
      trigger: 'api',
      triggeredBy: null,
      git: buildRevision(),
      parameters: {},
      config: { source: '', compiled: '', plan: null },
    })
    const shared = { pipelineId: pipeline.id, projectId, status: 'running', startedBy: null, rerunOf: null } as const
    const { workflow } = await tx.createWorkflow({ ...shared, name: 'main', workspaceId: null, jobs })
    return { workflowId: workflow.id, pipelineId: pipeline.id, jobs }
  })
}
