import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Executor } from '../executors/executor.ts'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'
import { useFolder } from '../testing/use-folder.ts'

const folder = useFolder('killed-')

test('a step that kills the shell above it fails and says so, no step runs twice, and those that run after failures do [I-008]', async () => {
  const spec = taskSpec([
    runStep('echo first'),
    runStep(`echo x >>${folder.path}/ran; echo before; kill -9 $PPID; sleep 20`),
    runStep('echo never'),
    runStep(`echo x >>${folder.path}/always; echo again; kill -9 $PPID; sleep 20`, { when: 'always' }),
    runStep('echo on fail', { when: 'on_fail' }),
    runStep('echo one', { when: 'always' }),
    runStep('exit 4', { when: 'always' }),
  ])
  const { server, begin, log } = attemptBench(folder.path, spec)

  await begin().ended

  expect(log).toEqual([])
  expect(endsOf(server)).toEqual([
    '0 passed',
    '1 passed',
    '2 passed',
    '3 failed',
    '5 failed',
    '6 passed',
    '7 passed',
    '8 failed',
    'failed',
  ])
  expect(server.output(3)).toMatch(
    /^before\n\nThe shell that runs the steps of this job was killed while this step ran/,
  )
  expect(server.output(5)).toMatch(/^again\n\nThe shell that runs the steps of this job was killed while this step ran/)
  expect(server.output(6)).toBe('on fail\n')
  expect(server.output(7)).toBe('one\n')
  for (const name of ['ran', 'always']) expect(readFileSync(join(folder.path, name), 'utf8')).toBe('x\n')
})

test('an agent that comes back to a killed shell fails the step and does not run it again [L-018]', async () => {
  const kills = `echo x >>${folder.path}/ran; until [ -e ${folder.path}/go ]; do sleep 0.01; done; touch ${folder.path}/done; kill -9 $PPID; sleep 20`
  const spec = taskSpec([runStep(kills), runStep('echo after', { when: 'always' })])
  const { server, begin } = attemptBench(folder.path, spec)
  const first = begin()
  await until(() => existsSync(join(folder.path, 'ran')))
  first.stop('shutdown')
  await first.ended
  writeFileSync(join(folder.path, 'go'), '')
  await until(() => existsSync(join(folder.path, 'done')))

  await begin().ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 failed', '3 passed', 'failed'])
  expect(server.output(3)).toBe('after\n')
  expect(readFileSync(join(folder.path, 'ran'), 'utf8')).toBe('x\n')
})

test('steps in the background run on when the shell of the others is killed, and are heard of', async () => {
  const spec = taskSpec([
    runStep(`touch ${folder.path}/up; until [ -e ${folder.path}/fell ]; do sleep 0.01; done; echo on; exit 3`, {
      background: true,
    }),
    runStep(`until [ -e ${folder.path}/up ]; do sleep 0.01; done; kill -9 $PPID; sleep 20`),
    runStep(`touch ${folder.path}/fell; sleep 0.5`, { when: 'always' }),
  ])
  const { server, begin } = attemptBench(folder.path, spec)

  await begin().ended

  expect([...endsOf(server)].sort()).toEqual(['0 passed', '1 passed', '2 failed', '3 failed', '4 passed', 'failed'])
  expect(server.output(2)).toMatch(/^on\n\nExited with code exit status 3 in the background/)
})

test.each([
  [
    'by itself',
    { byItself: true },
    '2 failed',
    'failed',
    /^The job's sandbox ended while a step ran, because something in/,
  ],
  ['for want of memory', { outOfMemory: true }, '2 failed', 'failed', /^The job was stopped because .* memory/],
  ['for a reason unknown', {}, '2 canceled', 'lost', /^The environment of the job ended before its steps did/],
] as const)('an environment that ended %s fails its step, or is lost', async (_how, health, step, end, message) => {
  const { server, executor, begin } = attemptBench(folder.path, taskSpec([runStep('sleep 20')]))
  const { ended } = begin()
  await until(() => server.entries.some((entry) => entry.type === 'step-started' && entry.step === 2))
  Object.assign(executor, {
    health: async () => ({ alive: false, outOfMemory: false, ...health }),
  } satisfies Partial<Executor>)
  await ended

  expect(endsOf(server).slice(2)).toEqual([step, end])
  expect(server.entries.at(-1)).toMatchObject({ message: expect.stringMatching(message) })
  if (end === 'failed') expect(server.output(2)).toMatch(new RegExp(message.source.replace('^', '^\\n')))
})
