import { createHash, randomBytes } from 'node:crypto'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = 'version: 2.1\njobs: {it: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [it]}}'
const at = new Date().toISOString()

test('an output that is not what its agent sent is told, whatever is wrong with it, and no other is [R-19]', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, config)
  const task = await engine.take(pipeline, 'it')
  const step = (index: number) => ({
    step: index,
    name: `step ${index}`,
    kind: 'run',
    command: null,
    background: false,
  })
  const entries = []
  const damaged: number[] = []
  const contents = Array.from({ length: 200 }, (_, index) => randomBytes(1 + ((index * 37) % 5_000)))
  await engine.plane.report({
    ...task,
    from: 1,
    entries: contents.map((_, index) => ({ type: 'step-started', ...step(index), at })),
  })
  for (const [index, bytes] of contents.entries()) {
    const kept = Buffer.from(bytes)
    const wrong = index % 2 === 1
    if (wrong) damaged.push(index)
    // By turns: a byte is another one, the end is missing, something came after it.
    if (wrong && index % 3 === 0) kept[index % kept.length]! ^= 1
    const stored =
      !wrong || index % 3 === 0 ? kept : index % 3 === 1 ? kept.subarray(0, -1) : Buffer.concat([kept, kept])
    if (stored.length > 0) await engine.plane.appendOutput(task, index, 0, stored)
    entries.push({
      type: 'step-finished' as const,
      step: index,
      result: 'passed' as const,
      exitCode: 0,
      outputBytes: bytes.length,
      outputSha256: createHash('sha256').update(bytes).digest('hex'),
      truncated: false,
      at,
    })
  }
  await engine.plane.report({ ...task, from: contents.length + 1, entries })
  await engine.settle()

  const history = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 10_000 })
  const told = history.items.filter((event) => event.kind === 'output.damaged')
  const steps = await engine.database.store.queries.stepsOf((await engine.job(pipeline, 'it')).id)
  const indexes = told.map((event) => steps.find((one) => one.id === event.data.stepId)?.index).sort((a, b) => a! - b!)
  expect(damaged).toHaveLength(100)
  expect(indexes).toEqual(damaged)
  expect(told[0]?.data.because).toMatch(/bytes/)
})
