import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runTask } from '../testing/run-task.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'reruns-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

/** Fails so often, then passes. */
const failing = (times: number) => `f=~/tries; echo x >>$f; [ $(wc -l <$f) -gt ${times} ]`

test.each([
  ['passes at its third try', failing(2), 3, { result: 'passed', reruns: 2 }],
  ['fails to the last', failing(9), 1, { result: 'failed', exitCode: 1, reruns: 1 }],
] as const)('a step that %s tells how often it was run again', async (_how, command, maxAutoReruns, end) => {
  const { server } = await runTask(home, taskSpec([runStep(command, { maxAutoReruns })]))

  expect(server.entries.filter(({ type }) => type === 'step-finished')).toContainEqual(expect.objectContaining(end))
})

test('a step that passes at once tells of no reruns', async () => {
  const { server } = await runTask(home, taskSpec([runStep('true', { maxAutoReruns: 3 })]))

  const ends = server.entries.filter(({ type }) => type === 'step-finished')
  expect(ends.filter((end) => 'reruns' in end)).toEqual([])
  expect(ends.length).toBeGreaterThan(0)
})
