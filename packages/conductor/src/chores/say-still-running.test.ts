import { systemClock } from '@rondo/adapters'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Heartbeat, sayStillRunning } from './say-still-running.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

test('the dispatcher says that it is still running every two minutes, idle or not, and with the database away nothing [L-383]', async () => {
  const { queue } = engine.database.store
  const { project } = await engine.home()
  const said: Heartbeat[] = []
  const waits: number[] = []
  const errors: unknown[] = []
  const stop = new AbortController()
  let rounds = 0
  const rounding = {
    summary: async () => {
      rounds++
      if (rounds === 2)
        await engine.push(
          project,
          'version: 2.1\njobs: {a: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {w: {jobs: [a]}}',
        )
      if (rounds === 3) throw new Error('away')
      if (rounds === 4) stop.abort()
      return queue.summary()
    },
  }
  const clock = {
    ...systemClock,
    sleep: async (ms: number) => {
      waits.push(ms)
    },
  }

  await sayStillRunning(
    { queue: rounding, clock },
    { say: (heartbeat) => said.push(heartbeat), onError: (error) => errors.push(error) },
    stop.signal,
  )

  const idle = { held: 0, waiting: 0, running: 0 }
  const one = { held: 0, waiting: 1, running: 0 }
  expect(said).toEqual([idle, one, one])
  expect(waits).toEqual([120_000, 120_000, 120_000, 120_000])
  expect(errors).toHaveLength(1)
})
