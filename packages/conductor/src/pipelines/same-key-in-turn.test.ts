import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSameKeyInTurn } from './same-key-in-turn.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`

test('requests with one key at the same moment make one pipeline, and leave no hole in the numbers', async () => {
  const { project } = await engine.home()
  const once = { scope: `user ${project.id}`, key: 'k', fingerprint: 'f' }
  const first = await engine.push(project, config)

  const repeats = await Promise.all(Array.from({ length: 12 }, () => engine.push(project, config, { once })))
  const next = await engine.push(project, config)

  expect(new Set(repeats.map((pipeline) => pipeline.id)).size).toBe(1)
  expect([first.number, repeats[0]!.number, next.number]).toEqual([1, 2, 3])
})

test('one that fails is tried again by the next with its key; other keys, and none, wait for nobody', async () => {
  const inTurn = createSameKeyInTurn()
  const key = { scope: 's', key: 'k', fingerprint: 'f' }
  const order: string[] = []
  const { promise: held, reject: fail } = Promise.withResolvers<never>()

  const first = inTurn(key, () => held)
  const second = inTurn(key, async () => order.push('second'))
  await inTurn({ ...key, key: 'other' }, async () => order.push('other'))
  await inTurn(undefined, async () => order.push('none'))
  fail(new Error('cut off'))

  await expect(first).rejects.toThrow('cut off')
  await second
  expect(order).toEqual(['other', 'none', 'second'])
})
