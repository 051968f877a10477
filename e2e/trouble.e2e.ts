import { spawnSync } from 'node:child_process'
import { chromiumPath, sandboxWorks } from '@rondo/testkit'
import { describe, expect, test } from 'vitest'
import { experiments } from './chaos/experiments.ts'

const works = sandboxWorks()
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0
const setting = { executor: 'sandbox', say: () => {} } as const

test.concurrent('a scheduler that starts two containers of a task, one too late or none starts none of them twice [R-33]', async () => {
  const findings = await experiments.lies.run({ tasks: 40 }, setting)

  expect(findings.problems).toEqual([])
  expect(findings.figures.starts).toBeGreaterThan(0)
}, 900_000)

test.concurrent('many pipelines at once are all accepted, and keep no other organisation from its turn [R-26]', async () => {
  const findings = await experiments.arrivals.run({ pipelines: 40, seconds: 1, slots: 4 }, setting)

  expect(findings.problems).toEqual([])
  expect(findings.figures).toMatchObject({ pipelines: 40, refused: 0 })
}, 900_000)

test.concurrent('a request or a push that is sent up to five times at once makes one pipeline, and one answer [R-13]', async () => {
  const findings = await experiments.repeats.run({ requests: 25, pushes: 5, 'at-once': 4 }, setting)

  expect(findings.problems).toEqual([])
  expect(findings.figures).toMatchObject({ 'times sent': 75, 'pipelines of requests': 25, 'pipelines of pushes': 5 })
}, 900_000)

test.concurrent('a push has its pipeline, and one, whoever is killed while it is made [R-01] [R-02] [R-13]', async () => {
  const findings = await experiments.pushes.run({ pushes: 12, 'at-once': 3, kills: 4, seconds: 2 }, setting)

  expect(findings.problems).toEqual([])
  expect(findings.figures.pushes).toBeGreaterThanOrEqual(12)
}, 900_000)

test.concurrent('what is approved is what starts, whatever is pushed by force while it is approved [S-03]', async () => {
  const findings = await experiments.approvals.run({ pushes: 12, 'at-once': 4 }, setting)

  expect(findings.problems).toEqual([])
  expect(findings.figures).toEqual({ pushes: 12, started: 12 })
}, 900_000)

test.runIf(!works)('trouble with jobs that run is left out: the host sandbox does not work here', () => {
  expect(works).toBe(false)
})

test.runIf(works && !mayMount)('a full disk is left out: this user may not mount a file system', () => {
  expect(mayMount).toBe(false)
})

describe.runIf(works).concurrent('jobs that run', () => {
  test('end once and leave nothing, canceled at any moment by one or two [R-23]', async () => {
    const findings = await experiments.cancels.run({ workflows: 8, 'at-once': 4 }, setting)

    expect(findings.problems).toEqual([])
  }, 900_000)

  test('go on while their agent is cut off for a while, and count for nothing when it was too long [R-11]', async () => {
    const findings = await experiments.partition.run({ rounds: 2, seconds: 2, 'at-once': 1 }, setting)

    expect(findings.problems).toEqual([])
    expect(findings.figures).toMatchObject({
      'short: jobs that went on, with every byte': 1,
      'long: jobs closed for good': 1,
    })
  }, 900_000)

  test('go elsewhere or end when machines lose their power for good, and none stays open [R-10]', async () => {
    const findings = await experiments.gone.run({ cuts: 6, 'at-once': 6 }, setting)

    expect(findings.problems).toEqual([])
  }, 900_000)

  test('are seen live and kept whole beside others that print without end, whose exit codes stay [R-15]', async () => {
    const findings = await experiments.flood.run(
      { flooders: 2, megabytes: 30, neighbours: 3, lines: 150, 'lag-ms': Number.POSITIVE_INFINITY },
      setting,
    )

    expect(findings.problems).toEqual([])
  }, 900_000)

  test('fork without end beside others, which pass, and say that they had as many processes as they may [R-20]', async () => {
    const findings = await experiments.bombs.run({ bombs: 2, neighbours: 2 }, setting)

    expect(findings.problems).toEqual([])
    expect(findings.figures).toMatchObject({ bombs: 2, 'neighbours that passed': 2 })
  }, 900_000)

  test('take too much memory, also in a program that their shell outlives, and say so [R-21]', async () => {
    const findings = await experiments.memory.run({ jobs: 4 }, setting)

    expect(findings.problems).toEqual([])
    expect(findings.figures).toMatchObject({ 'reasons that are right': 4, 'of shells that lived on': 2 })
  }, 900_000)

  test('are silent for too long: each is asked to end once, nothing of it stays, and steps that always run follow [R-22]', async () => {
    const findings = await experiments.timeouts.run({ cases: 3, agents: 1 }, setting)

    expect(findings.problems).toEqual([])
    expect(findings.figures['silent steps stopped']).toBe(3)
  }, 900_000)

  test.runIf(chromiumPath() !== undefined)(
    'may print one line without end: whoever looks sees the end of it as it comes, can go up in it, and gets all of it [R-16]',
    async () => {
      const findings = await experiments.line.run({ megabytes: 5, 'task-ms': Number.POSITIVE_INFINITY }, setting)

      expect(findings.problems).toEqual([])
      expect(findings.figures['tasks while it is printed']).toBeGreaterThan(0)
    },
    900_000,
  )

  test.runIf(mayMount)(
    'end with every byte although the disk of everything was full for a while [R-12]',
    async () => {
      const size = { megabytes: 1_200, fills: 2, seconds: 5, workflows: 3, jobs: 2, lines: 200, 'at-once': 2 }
      const findings = await experiments.disk.run(size, setting)

      expect(findings.problems).toEqual([])
    },
    900_000,
  )

  test('end while PostgreSQL is away for an hour of its clock, and nothing of them is missing afterwards [R-03]', async () => {
    const findings = await experiments.outage.run({ jobs: 3, seconds: 6, minutes: 60 }, setting)

    expect(findings.problems).toEqual([])
    expect(findings.figures).toMatchObject({ 'results delivered with every byte': 3 })
  }, 900_000)
})
