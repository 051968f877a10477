import { expect, test } from 'vitest'
import { failedStep } from './failed-step.ts'

test('the step that failed a job is none that ran beside the others, and none that runs still', () => {
  const step = (name: string, result: string | null, background = false) => ({ name, result, background }) as const
  const service = step('Container postgres', 'failed', true)
  const server = step('server', 'failed', true)

  const steps = [step('checkout', 'passed'), service, server, step('tests', 'failed'), step('more', 'failed')]

  expect(failedStep(steps)?.name).toBe('tests')
  expect(failedStep([service, step('still runs', null)])).toBeUndefined()
})
