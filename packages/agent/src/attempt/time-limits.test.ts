import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Step } from '@rondo/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Executor } from '../executors/executor.ts'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'attempt-'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

/** A step that notes that it ran, although it must not. */
const never = (when: 'always' | 'on_fail' | 'on_success') => runStep(`touch ${root}/ran-${when}`, { when })
const stores: Step = { type: 'store_test_results', path: '.', origin }
const ran = () => readdirSync(root).filter((name) => name.startsWith('ran-'))

/** Processes of the job: all of them know the folder that they share with the agent. */
function survivors(): readonly string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && environment(pid).includes(`RONDO_IO=${root}/`))
}

function environment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

const stubborn = (path: string) =>
  `trap '' TERM; (trap '' TERM; setsid sleep 300 &) ; (sleep 300 &) ; touch ${path}; sleep 300; sleep 300`

test('when the job has used up its time, what runs is ended and no step follows, not even one that always runs [I-008] [R-22]', async () => {
  const steps = [runStep(stubborn(`${root}/begun`)), never('always'), never('on_fail'), never('on_success'), stores]
  const { server, begin } = attemptBench(
    root,
    taskSpec(steps, { limits: { maxRunMs: 700, maxOutputBytesPerStep: 1_000 } }),
  )

  await begin().ended

  expect(existsSync(join(root, 'begun'))).toBe(true)
  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 timed-out', 'timed-out'])
  expect(server.entries.at(-1)).toMatchObject({
    message:
      'The job ran for longer than 0.7s, which is the most it may, and was stopped. An administrator can allow more with the setting time.run.',
  })
  expect(ran()).toEqual([])
  await until(() => survivors().length === 0)
})

test('the time that a job has counts from its beginning, also for an agent that takes it over late [R-22]', async () => {
  const limits = { maxRunMs: 3_000, maxOutputBytesPerStep: 1_000 }
  // It would pass if its time began anew.
  const step = runStep(`touch ${root}/begun; sleep 5`)
  const { server, begin } = attemptBench(root, taskSpec([step, never('always')], { limits }))
  const first = begin()
  await until(() => existsSync(join(root, 'begun')))
  first.stop('shutdown')
  await first.ended
  await sleep(limits.maxRunMs)

  await begin().ended

  expect(endsOf(server).at(-1)).toBe('timed-out')
  expect(ran()).toEqual([])
  await until(() => survivors().length === 0)
})

test('the time of a job may be over while its environment is prepared: it timed out, and was not canceled', async () => {
  const spec = taskSpec([never('always')], { limits: { maxRunMs: 300, maxOutputBytesPerStep: 1_000 } })
  const { server, executor, begin } = attemptBench(root, spec)
  Object.assign(executor, {
    prepare: (_spec: unknown, _folder: unknown, _say: unknown, signal: AbortSignal) =>
      new Promise((_prepared, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
  } satisfies Partial<Executor>)

  await begin().ended

  expect(endsOf(server)).toEqual(['0 timed-out', 'timed-out'])
  expect(server.entries.at(-1)).toMatchObject({
    message: expect.stringMatching(/longer than 0\.3s.* time\.run\. Its environment was still being prepared\.$/),
  })
  expect(ran()).toEqual([])
})

test('a step that is silent for too long fails by itself: those that run after failures follow [R-22]', async () => {
  const silent = runStep(stubborn(`${root}/begun`), { noOutputTimeoutMs: 300 })
  const { server, begin } = attemptBench(
    root,
    taskSpec([silent, never('on_success'), never('always'), never('on_fail')]),
  )

  await begin().ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 timed-out', '4 passed', '5 passed', 'timed-out'])
  expect(server.output(2)).toContain('Too long with no output (exceeded 0.3s)')
  expect(server.entries.at(-1)).toMatchObject({
    message: expect.stringMatching(
      /^The step ".+" printed nothing for 0\.3s and was stopped\. Raise its no_output_timeout/,
    ),
  })
  expect(ran()).toEqual(['ran-always', 'ran-on_fail'])
})

test('a step that cannot be killed is the last, and is said to be: nothing waits for it', async () => {
  const stubborn = runStep(`rm $RONDO_IO/stop.sh; trap '' TERM; sleep 300; sleep 300`, { noOutputTimeoutMs: 300 })
  const { server, begin } = attemptBench(root, taskSpec([stubborn, never('always'), never('on_fail')]))

  await begin().ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 timed-out', 'timed-out'])
  expect(server.entries.at(-1)).toMatchObject({
    message: expect.stringMatching(/ What it had started could not be killed, so no step followed it\.$/),
  })
  expect(ran()).toEqual([])
  for (const pid of survivors()) process.kill(Number(pid), 'SIGKILL')
}, 60_000)
