import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunStep } from '@rondo/model'
import { expect, test } from 'vitest'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import type { FakeServer } from '../testing/fake-server.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'
import { useFolder } from '../testing/use-folder.ts'

const folder = useFolder('background-')

const beside = (command: string, more: Partial<RunStep> = {}) => runStep(command, { background: true, ...more })
const waitFor = (name: string) => `until [ -e ${folder.path}/${name} ]; do sleep 0.01; done`
const endOf = (server: FakeServer, step: number) =>
  server.entries.find((entry) => entry.type === 'step-finished' && entry.step === step)

test('a step in the background that ends while the job goes on is told as ended then, with its own exit code, and fails nothing [I-006]', async () => {
  const spec = taskSpec([
    beside('echo broken; exit 7'),
    beside('echo done'),
    runStep(waitFor('go')),
    runStep('echo after'),
    runStep('echo never', { when: 'on_fail' }),
  ])
  const { server, begin } = attemptBench(folder.path, spec)
  const { ended } = begin()

  await until(() => endOf(server, 2) !== undefined && endOf(server, 3) !== undefined)
  expect(endOf(server, 4)).toBeUndefined()
  writeFileSync(join(folder.path, 'go'), '')
  await ended

  expect(endOf(server, 2)).toMatchObject({ result: 'failed', exitCode: 7 })
  expect(endOf(server, 3)).toMatchObject({ result: 'passed', exitCode: 0 })
  expect(server.output(2)).toBe(
    'broken\n\nExited with code exit status 7 in the background, which fails no job: this one goes on\n',
  )
  expect(server.output(3)).toBe('done\n')
  expect(endsOf(server).slice(-3)).toEqual(['4 passed', '5 passed', 'passed'])
})

test('one that still runs after the last step is asked to end: its traps run, all it prints is taken, and it is stopped, not failed [I-006]', async () => {
  const cleanUp = `sleep 0.3; echo cleaned up; touch ${folder.path}/cleaned; exit 3`
  const spec = taskSpec([
    beside(`trap '${cleanUp}' TERM; echo up; touch ${folder.path}/up; while :; do sleep 0.05; done`),
    beside(`touch ${folder.path}/sleeps; sleep 300`),
    runStep(`${waitFor('up')}; ${waitFor('sleeps')}`),
  ])
  const { server, begin } = attemptBench(folder.path, spec)

  await begin().ended

  expect(existsSync(join(folder.path, 'cleaned'))).toBe(true)
  expect(server.output(2)).toMatch(/^up\n(Terminated\n)?cleaned up\n$/)
  expect(endOf(server, 2)).toMatchObject({ result: 'passed', exitCode: null })
  expect(endOf(server, 3)).toMatchObject({ result: 'passed', exitCode: null })
  expect(endsOf(server).at(-1)).toBe('passed')
})

test('one that does not end when it is asked to holds the job no longer than it is given, and is said to have been killed', async () => {
  const deaf = `trap '' TERM; echo up; touch ${folder.path}/up; for n in {1..100}; do sleep 0.05; done`
  const { server, begin } = attemptBench(folder.path, taskSpec([beside(deaf), runStep(waitFor('up'))]))

  await begin().ended

  expect(server.output(2)).toBe(
    'up\n\nStill ran 2s after it was asked to end with the job (SIGTERM), so it is killed\n',
  )
  expect(endOf(server, 2)).toMatchObject({ result: 'passed', exitCode: null })
  expect(endsOf(server).at(-1)).toBe('passed')
})

test('a canceled job gives no time to what runs in the background', async () => {
  const asked = `trap 'touch ${folder.path}/asked' TERM; touch ${folder.path}/up; while :; do sleep 0.05; done`
  const { server, begin } = attemptBench(folder.path, taskSpec([beside(asked), runStep('sleep 300')]))
  const { ended, stop } = begin()
  await until(() => existsSync(join(folder.path, 'up')))

  stop('canceled')
  await ended

  expect(existsSync(join(folder.path, 'asked'))).toBe(false)
  expect(endsOf(server).slice(-3)).toEqual(['3 canceled', '2 passed', 'canceled'])
})

test('an agent that comes back knows of each whether it had ended, runs on, or was being stopped, and runs none again [L-018]', async () => {
  const spec = taskSpec([
    beside(`echo x >>${folder.path}/broken; exit 7`),
    beside(
      `echo x >>${folder.path}/served; trap 'echo asked >>${folder.path}/served; ${waitFor('back')}; exit 5' TERM; while :; do sleep 0.05; done`,
    ),
    runStep(`${waitFor('go')}; echo used`),
  ])
  const { server, begin } = attemptBench(folder.path, spec)
  const first = begin()
  await until(() => endOf(server, 2) !== undefined && existsSync(join(folder.path, 'served')))
  first.stop('shutdown')
  await first.ended
  const second = begin()
  writeFileSync(join(folder.path, 'go'), '')
  await until(() => readFileSync(join(folder.path, 'served'), 'utf8').includes('asked'))
  second.stop('shutdown')
  await second.ended
  writeFileSync(join(folder.path, 'back'), '')

  await begin().ended

  expect(readFileSync(join(folder.path, 'broken'), 'utf8')).toBe('x\n')
  expect(
    readFileSync(join(folder.path, 'served'), 'utf8')
      .split('\n')
      .filter((line) => line === 'x'),
  ).toHaveLength(1)
  expect(server.output(4)).toBe('used\n')
  expect(endOf(server, 2)).toMatchObject({ result: 'failed', exitCode: 7 })
  expect(endOf(server, 3)).toMatchObject({ result: 'passed', exitCode: null })
  expect(endsOf(server).at(-1)).toBe('passed')
})
