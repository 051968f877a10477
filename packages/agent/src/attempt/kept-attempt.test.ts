import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import type { FakeServer } from '../testing/fake-server.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'
import { useFolder } from '../testing/use-folder.ts'

const folder = useFolder('attempt-')

const bench = (spec: TaskSpec, server?: FakeServer) => attemptBench(folder.path, spec, server)

test('a failed job that stays for its owner runs what is asked for as steps of its own, after its result was told', async () => {
  const { server, begin } = bench(
    taskSpec([
      runStep('echo one'),
      runStep('echo two; exit 2', { name: 'Two' }),
      runStep('echo three', { name: 'Three' }),
    ]),
  )
  server.holdFor(60_000)
  const { ended } = begin()
  await until(() => server.entries.some((entry) => entry.type === 'task-finished'))

  server.order(
    { type: 'run', command: 'echo again; exit 1' },
    { type: 'run', command: 'echo better' },
    { type: 'continue' },
  )
  await until(() => server.entries.some((entry) => entry.type === 'step-finished' && entry.step === 7))
  server.order({ type: 'release' })
  await ended

  expect(endsOf(server)).toEqual([
    '0 passed',
    '1 passed',
    '2 passed',
    '3 failed',
    'failed',
    '5 failed',
    '6 passed',
    '7 passed',
  ])
  expect([server.output(5), server.output(6), server.output(7)]).toEqual([
    'again\n\nExited with code exit status 1\n',
    'better\n',
    'three\n',
  ])
  expect(server.entries.flatMap((entry) => (entry.type === 'step-started' ? [entry.name] : [])).slice(-3)).toEqual([
    'Again: Two',
    'Again: Two',
    'Continued: Three',
  ])
  expect(existsSync(join(folder.path, 'tasks', '0198f0c0-0000-7000-8000-000000000001'))).toBe(false)
})

test('the failed step is the one that failed the job, not one in the background that had ended before', async () => {
  const dead = runStep('exit 7', { background: true, name: 'dead' })
  const steps = [dead, runStep('sleep 0.3'), runStep('exit 1', { name: 'tests' }), runStep('echo after')]
  const { server, begin } = bench(taskSpec(steps))
  server.holdFor(60_000)
  const { ended } = begin()
  await until(() => server.entries.some((entry) => entry.type === 'task-finished'))

  server.order({ type: 'run', command: 'echo again' }, { type: 'continue' })
  await until(() => server.entries.some((entry) => entry.type === 'step-finished' && entry.step === 7))
  server.order({ type: 'release' })
  await ended

  const begun = server.entries.flatMap((entry) => (entry.type === 'step-started' ? [entry] : []))
  expect(begun.slice(-2).map(({ name, background }) => [name, background])).toEqual([
    ['Again: tests', false],
    ['Continued: echo after', false],
  ])
})

test('what runs in the background goes on where a failed job stays, and says so', async () => {
  const served = join(folder.path, 'served')
  const answers = `until [ "$(cat ${served} 2>/dev/null)" = asked ]; do sleep 0.01; done; echo answered >${served}`
  const asks = `echo asked >${served}; until [ "$(cat ${served})" = answered ]; do sleep 0.01; done; echo got it`
  const { server, begin } = bench(
    taskSpec([
      runStep(`trap 'touch ${folder.path}/ended' TERM; echo up; touch ${folder.path}/up; ${answers}; sleep 300`, {
        background: true,
      }),
      runStep(`until [ -e ${folder.path}/up ]; do sleep 0.01; done; exit 1`),
    ]),
  )
  server.holdFor(60_000)
  const first = begin()
  await until(() => server.entries.some((entry) => entry.type === 'task-finished'))
  first.stop('shutdown')
  await first.ended

  const { ended } = begin()
  server.order({ type: 'run', command: asks })
  await until(() => server.entries.some((entry) => entry.type === 'step-finished' && entry.step === 4))
  server.order({ type: 'release' })
  await ended

  expect(server.output(4)).toBe('got it\n')
  expect(server.output(2)).toBe(
    'up\n\nRuns on in the environment that is kept, and ends with it; what it prints there is not stored\n',
  )
  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '3 failed', '2 passed', 'failed', '4 passed'])
  expect(existsSync(join(folder.path, 'ended'))).toBe(false)
})

test('an agent that comes after another goes on with what was kept, and it ends by itself', async () => {
  const { server, begin } = bench(taskSpec([runStep('exit 1')]))
  server.holdFor(4_000)
  const first = begin()
  await until(() => server.entries.some((entry) => entry.type === 'task-finished'))
  first.stop('shutdown')
  await first.ended

  const { ended } = begin()
  server.order({ type: 'run', command: 'echo by the second' })
  await ended

  expect(server.output(3)).toBe('by the second\n')
  expect(server.entries.filter((entry) => entry.type === 'task-finished')).toHaveLength(1)
})

test('an agent that dies before the server has heard that it ended what was kept leaves that to the next one', async () => {
  const { server, begin } = bench(taskSpec([runStep('exit 1')]))
  server.holdFor(60_000)
  const first = begin()
  await until(() => server.entries.some((entry) => entry.type === 'task-finished'))
  const { endHold } = server.controlPlane
  const told: string[] = []
  let heard = false
  Object.assign(server.controlPlane, {
    endHold: async (...[ref, why]: Parameters<typeof endHold>) => {
      told.push(why)
      if (!heard) throw new AppError('unavailable', 'nobody is there')
      return endHold(ref, why)
    },
  })
  server.order({ type: 'release' })
  await until(() => told.length > 0)
  first.stop('shutdown')
  await first.ended
  heard = true

  await begin().ended

  expect(new Set(told)).toEqual(new Set(['released']))
})

test('what is used while a failed job stays, and while its agent is away meanwhile, is not counted as the job’s', async () => {
  const { server, begin } = bench(taskSpec([runStep('sleep 0.5; exit 1')]))
  server.holdFor(60_000)
  const first = begin()
  await until(() => server.entries.some((entry) => entry.type === 'task-finished'))
  const used = server.usage()
  expect(used?.cpuMilli.length).toBeGreaterThan(0)
  first.stop('shutdown')
  await first.ended
  beganEarlier(90_000)

  const { ended } = begin()
  server.order({ type: 'run', command: 'sleep 0.5' })
  await until(() => server.entries.some((entry) => entry.type === 'step-finished' && entry.step === 3))
  server.order({ type: 'release' })
  await ended

  expect(server.usage()).toEqual(used)
})

/** As if the samples that the agent keeps had begun so much earlier. */
function beganEarlier(ms: number): void {
  const file = join(folder.path, 'tasks', '0198f0c0-0000-7000-8000-000000000001', 'usage.json')
  const series = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(
    file,
    JSON.stringify({ ...series, startedAt: new Date(Date.parse(series.startedAt) - ms).toISOString() }),
  )
}
