import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskSpec } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import type { FakeServer } from '../testing/fake-server.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'
import { useFolder } from '../testing/use-folder.ts'

const folder = useFolder('attempt-')

const bench = (spec: TaskSpec, server?: FakeServer) => attemptBench(folder.path, spec, server)

test('a step that cannot be carried out fails in words, and steps that always run still do', async () => {
  const { server, begin } = bench(
    taskSpec([
      { type: 'restore_cache', keys: ['k'], origin },
      runStep('echo not reached'),
      runStep('echo in the end', { when: 'always' }),
    ]),
  )
  server.refuseCaches('forbidden')

  await begin().ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 failed', '4 passed', 'failed'])
  expect(server.output(2)).toContain('The step could not be carried out: looking for caches is refused')
})

test('a fault of the agent ends the attempt in words instead of leaving it to its lease, and no secret is in them or the log [S-07]', async () => {
  const { server, begin, log, executor } = bench(taskSpec([runStep('echo one; sleep 3')], { secrets: ['hunter22x'] }))
  executor.adopt = () => Promise.reject(new RangeError('nothing to adopt for hunter22x'))
  const first = begin()
  await until(() => server.output(2) === 'one\n')
  first.stop('shutdown')
  await first.ended

  await begin().ended

  expect(server.entries.at(-1)).toMatchObject({
    type: 'task-finished',
    result: 'lost',
    message: 'The agent could not go on with this job: nothing to adopt for ****',
  })
  expect(log.join()).toContain('attempt ended by an error')
  expect(log.join()).not.toContain('hunter22x')
})

test('a job that could not even be made ready on the agent’s disk ends at once, with the reason', async () => {
  const spec = taskSpec([runStep('echo never')])
  const { server, begin, log } = bench(spec)
  mkdirSync(join(folder.path, 'tasks', spec.attemptId), { recursive: true })
  writeFileSync(join(folder.path, 'tasks', spec.attemptId, 'io'), 'in the way of the folder')

  await begin().ended

  expect(server.entries).toEqual([
    expect.objectContaining({
      type: 'task-finished',
      result: 'lost',
      message: expect.stringMatching(/^The agent could not begin this job: /),
      unbegun: true,
    }),
  ])
  expect(log.join()).toContain('attempt ended by an error')
})

test('an environment that cannot be made is a fault of ours, and said to be before any code of the job', async () => {
  const spec = taskSpec([runStep('echo never')])
  const { server, begin, executor } = bench(spec)
  executor.prepare = () => Promise.reject(new Error('the engine does not answer'))

  await begin().ended

  expect(server.entries.at(-1)).toMatchObject({
    type: 'task-finished',
    result: 'lost',
    unbegun: true,
    message: 'The environment could not be prepared: the engine does not answer',
  })
})

test('an attempt that was given up is told, and not taken up again, by the agent that comes after (rule D-01)', async () => {
  const spec = taskSpec([runStep('echo never')])
  const own = join(folder.path, 'tasks', spec.attemptId)
  mkdirSync(own, { recursive: true })
  const entry = {
    type: 'task-finished',
    result: 'lost',
    message: 'The disk broke.',
    unbegun: true,
    at: '2026-01-01T00:00:00Z',
  }
  writeFileSync(join(own, 'journal.jsonl'), `${JSON.stringify({ entry })}\n`)
  const { server, begin } = bench(spec)

  await begin().ended

  expect(server.entries).toEqual([entry])
  expect(existsSync(own)).toBe(false)
})
