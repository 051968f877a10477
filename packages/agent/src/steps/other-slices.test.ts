import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runAttempt } from '../attempt/attempt.ts'
import { createFakeServer } from '../testing/fake-server.ts'
import { createProcessExecutor } from '../testing/process-executor.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'slices-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const steps = [runStep('echo built'), runStep('echo deployed', { deploy: true }), runStep('echo after')]

function begin(taskIndex: number, parallelism = 2) {
  const spec = taskSpec(steps, { taskIndex, parallelism })
  const server = createFakeServer(spec)
  const executor = createProcessExecutor(home)
  const deps = { controlPlane: server.controlPlane, executor, dataFolder: home, log: () => {}, heardAt: server.heardAt }
  const run = () => runAttempt(deps, { ...spec, cpus: 1, memoryMb: 1 }, new AbortController().signal)
  return { server, run }
}

test('deploy waits on the first slice until all others have passed', async () => {
  const { server, run } = begin(0)
  server.others('open')
  const ended = run()
  while (!server.output(3).includes('Waiting for the other slices')) await new Promise((go) => setTimeout(go, 10))
  expect(server.output(3)).not.toContain('deployed')

  server.others('passed')
  await ended

  expect(server.output(3)).toContain('deployed')
  expect(server.output(4)).toBe('after\n')
})

test('it does not run when another slice did not pass, says so, and neither does what comes after', async () => {
  const { server, run } = begin(0)
  server.others('failed')

  await run()

  expect(server.output(3)).toMatch(/One did not, so it does not run/)
  expect(server.output(4)).toBe('')
  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'failed' })
})

test('other slices pass over it, and a job of one slice waits for nobody', async () => {
  const second = begin(1)
  await second.run()
  expect([second.server.output(3), second.server.output(4)]).toEqual(['', 'after\n'])

  rmSync(join(home, 'tasks'), { recursive: true, force: true })
  const only = begin(0, 1)
  only.server.others('failed')
  await only.run()
  expect(only.server.output(3)).toBe('deployed\n')
})
