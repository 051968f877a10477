import { dockerAnswers, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadScenarios } from './scenario/load.ts'
import { play } from './scenario/play.ts'

const scenarios = await loadScenarios()
const ready = dockerAnswers() && imagePresent('cimg/base:2025.05-20.04')

test.runIf(!ready)('scenarios are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

// Beside each other, on one installation: `maxConcurrency` in vitest.config.ts says how many.
describe.runIf(ready).concurrent('scenarios', () => {
  let stack: Stack | undefined

  beforeAll(async () => {
    stack = await startStack({ ssh: true })
  })

  afterAll(async () => {
    await stack?.stop()
  })

  for (const scenario of scenarios) {
    const able = scenario.steps.able?.() ?? true
    test.runIf(able)(
      `${scenario.name}: ${scenario.expectation.title}`,
      async ({ expect }) => {
        expect(await play(stack!, scenario)).toEqual([])
      },
      900_000,
    )
  }
})
