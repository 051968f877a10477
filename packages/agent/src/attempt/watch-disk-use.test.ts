import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attemptBench, endsOf } from '../testing/attempt-bench.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'attempt-'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

test('a job that writes more than it may is stopped, fails, and says by how much', async () => {
  const { server, begin, executor } = attemptBench(
    root,
    taskSpec([runStep('echo begins; exec sleep 60'), runStep('echo follows', { when: 'always' })]),
  )
  executor.overDisk = async () =>
    server.output(2).includes('begins') ? 'A container of the job wrote 1.3 GB.' : undefined

  await begin().ended

  expect(server.entries.at(-1)).toMatchObject({ result: 'failed', message: 'A container of the job wrote 1.3 GB.' })
  expect(endsOf(server)).not.toContain('3 passed')
  expect(server.output(3)).toBe('')
})

test('an engine that cannot be asked how much was written stops nothing', async () => {
  const { server, begin, executor } = attemptBench(root, taskSpec([runStep('sleep 3')]))
  executor.overDisk = async () => {
    throw new Error('the engine is busy')
  }

  await begin().ended

  expect(endsOf(server).at(-1)).toBe('passed')
})
