import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunStep } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import type { FakeServer } from '../testing/fake-server.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'
import { useFolder } from '../testing/use-folder.ts'

const folder = useFolder('attempt-')

const bench = (spec: TaskSpec, server?: FakeServer) => attemptBench(folder.path, spec, server)

test('short steps follow one another by themselves as far as the config lets them, and no step runs that it forbids', async () => {
  const say = (word: string, more: Partial<RunStep> = {}) => runStep(`echo ${word} | tee -a ${folder.path}/ran`, more)
  const { server, begin } = bench(
    taskSpec([
      say('one'),
      say('never', { when: 'on_fail' }),
      say('two', { environment: [{ name: 'A', value: '1' }] }),
      say('beside', { background: true }),
      ...Array.from({ length: 30 }, () => say('more')),
      runStep('exit 3'),
      say('never'),
      say('on_fail', { when: 'on_fail' }),
      say('never'),
      say('always', { when: 'always' }),
      say('never'),
    ]),
  )

  await begin().ended

  const ran = readFileSync(join(folder.path, 'ran'), 'utf8').split('\n')
  expect(ran.filter((line) => line !== 'beside')).toEqual([
    ...['one', 'two', ...Array.from({ length: 30 }, () => 'more'), 'on_fail', 'always', ''],
  ])
  const passed = Array.from({ length: 32 }, (_, index) => server.output(index + (index < 1 ? 2 : index < 2 ? 3 : 4)))
  expect(passed).toEqual(['one\n', 'two\n', ...Array.from({ length: 30 }, () => 'more\n')])
  // What ran beside them ended when it did.
  const inTurn = endsOf(server).filter((end) => end !== '5 passed')
  expect(inTurn.slice(-4)).toEqual(['36 failed', '38 passed', '40 passed', 'failed'])
})

test('an agent that dies while steps follow one another finds each of them where it is, and none runs twice [L-018]', async () => {
  const spec = taskSpec(
    Array.from({ length: 60 }, (_, index) => runStep(`echo ${index} | tee -a ${folder.path}/ran; sleep 0.01`)),
  )
  const { server, begin } = bench(spec)
  for (let seen = 4; seen < 50; seen += 9) {
    const { stop, ended } = begin()
    await until(() => server.output(seen) !== '')
    stop('shutdown')
    await ended
  }

  await begin().ended

  const numbers = spec.job.steps.map((_, index) => `${index}\n`)
  expect(readFileSync(join(folder.path, 'ran'), 'utf8')).toBe(numbers.join(''))
  expect(numbers.map((_, index) => server.output(index + 2))).toEqual(numbers)
  expect(endsOf(server)).toEqual([...Array.from({ length: 62 }, (_, index) => `${index} passed`), 'passed'])
})

test('a job whose supervisor is from before an upgrade is given one step at a time', async () => {
  const spec = taskSpec([runStep('echo one; sleep 0.2'), runStep('echo two'), runStep('echo three')])
  const { server, begin } = bench(spec)
  const first = begin()
  await until(() => server.output(2) !== '')
  first.stop('shutdown')
  await first.ended
  writeFileSync(join(folder.path, 'tasks', spec.attemptId, 'io', 'ready'), '')

  await begin().ended

  expect([2, 3, 4].map(server.output)).toEqual(['one\n', 'two\n', 'three\n'])
})

test('a step that halts the job is told of like any other, also when it ran before the agent came to it', async () => {
  const { server, begin } = bench(
    taskSpec([
      runStep(`: >${folder.path}/runs; until [ -e ${folder.path}/go ]; do sleep 0.01; done; echo one`),
      runStep(`echo two; : >"$RONDO_IO/halt"; : >${folder.path}/halts`),
      runStep('echo never'),
    ]),
  )
  const { ended } = begin()
  await until(() => existsSync(join(folder.path, 'runs')))
  // The supervisor is given the steps that follow.
  await new Promise((go) => setTimeout(go, 100))
  writeFileSync(join(folder.path, 'go'), '')
  // The agent is busy with something else until the supervisor has gone on.
  for (let looks = 0; looks < 250 && !existsSync(join(folder.path, 'halts')); looks++)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  await ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', 'passed'])
  expect(server.output(3)).toBe('two\n')
})
