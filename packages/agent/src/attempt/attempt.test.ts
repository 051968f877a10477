import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunStep } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StopReason } from '../reports/endings.ts'
import { createFakeServer, type FakeServer } from '../testing/fake-server.ts'
import { createProcessExecutor } from '../testing/process-executor.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'
import { runAttempt, type StoppableSignal } from './attempt.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'attempt-'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

/** An agent that works on one attempt; `stop` with `shutdown` leaves it as a killed agent would, for the next `begin`. */
function bench(spec: TaskSpec, server: FakeServer = createFakeServer(spec)) {
  const executor = createProcessExecutor(root)
  const log: string[] = []
  return {
    server,
    log,
    executor,
    begin() {
      const controller = new AbortController()
      const signal: StoppableSignal = controller.signal
      const stop = (reason: StopReason) => controller.abort(reason)
      signal.stop = stop
      const ended = runAttempt(
        {
          controlPlane: server.controlPlane,
          executor,
          dataFolder: root,
          heardAt: server.heardAt,
          log: (message, fields) => void log.push(`${message} ${JSON.stringify(fields)}`),
        },
        { attemptId: spec.attemptId, epoch: spec.epoch, cpus: 1, memoryMb: 1024 },
        signal,
      )
      return { stop, ended }
    },
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5)
}

const ends = (server: FakeServer) =>
  server.entries.flatMap((entry) =>
    entry.type === 'step-finished'
      ? [`${entry.step} ${entry.result}`]
      : entry.type === 'task-finished'
        ? [entry.result]
        : [],
  )

test('steps run in order in one environment, and their ends are told in that order, after their output', async () => {
  const { server, begin, log } = bench(
    taskSpec([runStep('echo one; export X=1'), runStep('true'), runStep('echo three $X; pwd')]),
  )

  await begin().ended

  expect(log).toEqual([])
  expect(ends(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', '4 passed', 'passed'])
  expect(server.output(2)).toBe('one\n')
  expect(server.output(4)).toBe(`three\n${root}/project\n`)
  expect(existsSync(join(root, 'tasks', '0198f0c0-0000-7000-8000-000000000001'))).toBe(false)
})

test('a server that is away holds no step, and hears everything once it is back', async () => {
  const { server, begin } = bench(
    taskSpec([
      runStep(`echo ready; until [ -e ${root}/away ]; do sleep 0.01; done; echo one`),
      runStep(`echo two; touch ${root}/two`),
    ]),
  )
  const { ended } = begin()
  await until(() => server.output(2) === 'ready\n')

  server.reachable(false)
  writeFileSync(join(root, 'away'), '')
  await until(() => existsSync(join(root, 'two')))
  expect(ends(server)).not.toContain('2 passed')
  server.reachable(true)
  await ended

  expect(ends(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', 'passed'])
  expect(server.output(2)).toBe('ready\none\n')
  expect(server.output(3)).toBe('two\n')
})

test('answers that are lost make nothing happen twice', async () => {
  const { server, begin } = bench(
    taskSpec([runStep('echo one'), runStep('echo two; exit 3'), runStep('echo three', { when: 'always' })]),
  )
  const { ended } = begin()
  server.loseAnswers(5)

  await ended

  expect(ends(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 failed', '4 passed', 'failed'])
  expect(server.output(3)).toBe('two\n\nExited with code exit status 3\n')
  expect(server.output(4)).toBe('three\n')
})

test('an agent that comes back goes on with the step under way, and starts none twice [L-018]', async () => {
  const spec = taskSpec([
    runStep(`echo a >>${root}/ran; echo one`),
    runStep(`echo b >>${root}/ran; echo two; until [ -e ${root}/go ]; do sleep 0.01; done; echo rest`),
    runStep(`echo c >>${root}/ran`),
  ])
  const { server, begin } = bench(spec)
  const first = begin()
  await until(() => server.output(3) === 'two\n')
  first.stop('shutdown')
  await first.ended

  const second = begin()
  writeFileSync(join(root, 'go'), '')
  await second.ended

  expect(readFileSync(join(root, 'ran'), 'utf8')).toBe('a\nb\nc\n')
  expect(server.output(3)).toBe('two\nrest\n')
  expect(ends(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', '4 passed', 'passed'])
})

test('short steps follow one another by themselves as far as the config lets them, and no step runs that it forbids', async () => {
  const say = (word: string, more: Partial<RunStep> = {}) => runStep(`echo ${word} | tee -a ${root}/ran`, more)
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

  const ran = readFileSync(join(root, 'ran'), 'utf8').split('\n')
  expect(ran.filter((line) => line !== 'beside')).toEqual([
    ...['one', 'two', ...Array.from({ length: 30 }, () => 'more'), 'on_fail', 'always', ''],
  ])
  const passed = Array.from({ length: 32 }, (_, index) => server.output(index + (index < 1 ? 2 : index < 2 ? 3 : 4)))
  expect(passed).toEqual(['one\n', 'two\n', ...Array.from({ length: 30 }, () => 'more\n')])
  expect(ends(server).slice(-5)).toEqual(['36 failed', '38 passed', '40 passed', '5 passed', 'failed'])
})

test('an agent that dies while steps follow one another finds each of them where it is, and none runs twice [L-018]', async () => {
  const spec = taskSpec(
    Array.from({ length: 60 }, (_, index) => runStep(`echo ${index} | tee -a ${root}/ran; sleep 0.01`)),
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
  expect(readFileSync(join(root, 'ran'), 'utf8')).toBe(numbers.join(''))
  expect(numbers.map((_, index) => server.output(index + 2))).toEqual(numbers)
  expect(ends(server)).toEqual([...Array.from({ length: 62 }, (_, index) => `${index} passed`), 'passed'])
})

test('a job whose supervisor is from before an upgrade is given one step at a time', async () => {
  const spec = taskSpec([runStep('echo one; sleep 0.2'), runStep('echo two'), runStep('echo three')])
  const { server, begin } = bench(spec)
  const first = begin()
  await until(() => server.output(2) !== '')
  first.stop('shutdown')
  await first.ended
  writeFileSync(join(root, 'tasks', spec.attemptId, 'io', 'ready'), '')

  await begin().ended

  expect([2, 3, 4].map(server.output)).toEqual(['one\n', 'two\n', 'three\n'])
})

test('what an agent said before it died over an environment is not said again by the next', async () => {
  const { server, begin, executor } = bench(taskSpec([runStep('echo one')]))
  const prepare = executor.prepare
  const told: string[] = []
  executor.prepare = async (spec, folder, say, signal) => {
    say('Image debian:13')
    say(`  using ${['a first digest', 'a first digest', 'another'][told.length]}`)
    told.push('')
    if (told.length < 3) await new Promise((_, reject) => signal.addEventListener('abort', reject, { once: true }))
    return prepare(spec, folder, () => {}, signal)
  }
  for (const said of [1, 2]) {
    const { stop, ended } = begin()
    await until(() => told.length === said && server.output(0).includes('a first digest'))
    stop('shutdown')
    await ended
  }

  await begin().ended

  expect(server.output(0).split('\n')).toEqual([
    'Executor sandbox',
    'Image debian:13',
    '  using a first digest',
    'The agent was restarted here: the environment is prepared once more.',
    '  using another',
    '',
  ])
})

test('ends of steps that a dead agent could not tell are told by the next', async () => {
  const { server, begin } = bench(
    taskSpec([
      runStep(`echo ready; until [ -e ${root}/away ]; do sleep 0.01; done; echo one`),
      runStep(`touch ${root}/two; until [ -e ${root}/go ]; do sleep 0.01; done`),
    ]),
  )
  const first = begin()
  await until(() => server.output(2) === 'ready\n')
  server.reachable(false)
  writeFileSync(join(root, 'away'), '')
  await until(() => existsSync(join(root, 'two')))
  first.stop('shutdown')
  await first.ended

  server.reachable(true)
  const second = begin()
  await until(() => ends(server).includes('2 passed'))
  expect(server.output(2)).toBe('ready\none\n')
  writeFileSync(join(root, 'go'), '')
  await second.ended

  expect(ends(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', 'passed'])
})

test('tests are shared out by the times they took, as the server tells them when the job asks', async () => {
  const split = (more = '') => runStep(`printf '%s\\n' slow.rb ./a.rb new.rb b.rb | circleci tests split ${more}`)
  const run = async (taskIndex: number) => {
    const { server, begin } = bench(
      taskSpec(
        [
          split('--split-by=timings'),
          split('--split-by timings --timings-type=filename --time-default=1m'),
          split('--split-by=timings --timings-type=classname'),
        ],
        {
          taskIndex,
          parallelism: 2,
          environment: [
            { name: 'CIRCLE_NODE_INDEX', value: String(taskIndex) },
            { name: 'CIRCLE_NODE_TOTAL', value: '2' },
          ],
        },
      ),
    )
    server.timings('filename', [
      { name: './slow.rb', seconds: 9 },
      { name: 'a.rb', seconds: 3 },
      { name: 'b.rb', seconds: 3 },
    ])
    await begin().ended
    return [2, 3, 4].map((step) => server.output(step).split('\n').filter(Boolean))
  }

  const [first, second] = [await run(0), await run(1)]

  // What has no time yet counts 5, as the others do on average.
  expect(first[0]).toEqual(['slow.rb'])
  expect(second[0]).toEqual(['new.rb', './a.rb', 'b.rb'])
  expect(first[1]).toEqual(['new.rb'])
  expect(second[1]).toEqual(['slow.rb', './a.rb', 'b.rb'])
  expect([...first[2]!, ...second[2]!].sort()).toEqual([
    './a.rb',
    'No timings of these tests are at hand yet: splitting by name. Store test results, and the next run has them.',
    'No timings of these tests are at hand yet: splitting by name. Store test results, and the next run has them.',
    'b.rb',
    'new.rb',
    'slow.rb',
  ])
})

test('secrets are masked in test results as they are in output [S-05]', async () => {
  const report =
    '<testsuite><testcase name="logs in as hunter22x" classname="a"><failure message="got hunter22x"/></testcase></testsuite>'
  const { server, begin } = bench(
    taskSpec(
      [
        runStep(`mkdir r; printf '%s' '${report}' >r/x.xml; printf hunter; sleep 0.1; echo 22x`),
        { type: 'store_test_results', path: 'r', origin },
      ],
      { secrets: ['hunter22x'] },
    ),
  )

  await begin().ended

  const stored = server.entries.flatMap((entry) => (entry.type === 'tests-stored' ? entry.tests : []))
  expect(stored.map((found) => [found.name, found.message])).toEqual([['logs in as ****', 'got ****']])
  expect(server.output(2)).toBe('****\n')
})

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

  expect(ends(server)).toEqual(['0 passed', '1 passed', '2 failed', '4 passed', 'failed'])
  expect(server.output(2)).toContain('The step could not be carried out: looking for caches is refused')
})

test('a fault of the agent ends the attempt in words instead of leaving it to its lease', async () => {
  const { server, begin, log, executor } = bench(taskSpec([runStep('echo one; sleep 3')]))
  executor.adopt = () => Promise.reject(new RangeError('nothing to adopt'))
  const first = begin()
  await until(() => server.output(2) === 'one\n')
  first.stop('shutdown')
  await first.ended

  await begin().ended

  expect(server.entries.at(-1)).toMatchObject({
    type: 'task-finished',
    result: 'lost',
    message: 'The agent could not go on with this job: nothing to adopt',
  })
  expect(log.join()).toContain('attempt ended by an error')
})

test('an artifact larger than memory should hold is kept on the disk, and stored whole', async () => {
  const { server, begin } = bench(
    taskSpec([
      runStep('head -c 3000000 /dev/zero >big; echo small >little; mkdir out; mv big little out'),
      { type: 'store_artifacts', path: 'out', origin },
    ]),
  )

  await begin().ended

  const stored = server.entries.flatMap((entry) => (entry.type === 'artifact-stored' ? [entry] : []))
  expect(stored.map((entry) => [entry.path, entry.object.size]).sort()).toEqual([
    ['out/big', 3_000_000],
    ['out/little', 6],
  ])
})

test('a job that may be run anew stops when the server is not heard for long; what became of it is told when it is back', async () => {
  const { server, begin } = bench(
    taskSpec([runStep(`echo $$ >${root}/step; while :; do date >${root}/alive; sleep 0.02; done`)], {
      stopUnheardAfterMs: 300,
    }),
  )
  const { ended } = begin()
  await until(() => existsSync(join(root, 'step')) && readFileSync(join(root, 'step'), 'utf8').endsWith('\n'))

  server.reachable(false)
  const lives = (pid: string) => existsSync(`/proc/${pid}`)
  const shell = readFileSync(join(root, 'step'), 'utf8').trim()
  await until(() => !lives(shell))
  expect(server.entries.some((entry) => entry.type === 'task-finished')).toBe(false)
  server.reachable(true)
  await ended

  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'lost' })
})

test('a job that nobody would run anew goes on while the server is away', async () => {
  const { server, begin } = bench(taskSpec([runStep(`until [ -e ${root}/go ]; do sleep 0.01; done; echo went on`)]))
  const { ended } = begin()
  await until(() => server.entries.some((entry) => entry.type === 'step-started' && entry.step === 2))

  server.reachable(false)
  await sleep(500)
  writeFileSync(join(root, 'go'), '')
  server.reachable(true)
  await ended

  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'passed' })
  expect(server.output(2)).toBe('went on\n')
})

test('a canceled job ends at once, whether or not the server can be told', async () => {
  const { server, begin } = bench(taskSpec([runStep(`echo $$ >${root}/step; sleep 600`)]))
  const { stop, ended } = begin()
  await until(() => existsSync(join(root, 'step')))
  const shell = readFileSync(join(root, 'step'), 'utf8').trim()

  server.reachable(false)
  stop('canceled')
  await until(() => !existsSync(`/proc/${shell}`))
  server.reachable(true)
  await ended

  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'canceled' })
})

/** Saves a folder with something large and something small in it, loses it, and restores it. */
const cacheSteps = [
  runStep('mkdir c && head -c 3000000 /dev/urandom >c/big && echo small >c/small && sha256sum c/* >sums'),
  { type: 'save_cache' as const, key: 'k', paths: ['c'], when: 'on_success' as const, origin },
  runStep('rm -r c'),
  { type: 'restore_cache' as const, keys: ['k'], when: 'on_success' as const, origin },
  runStep('sha256sum -c sums && ls ~/project'),
]

test('a cache is packed while it is sent, and unpacked as it was', async () => {
  const { server, begin, log } = bench(taskSpec(cacheSteps))

  await begin().ended

  expect(log).toEqual([])
  expect(server.output(6)).toBe('c/big: OK\nc/small: OK\nc\nsums\n')
  expect(server.output(3)).toMatch(/^Saved 3\.0 MB under the key k\n$/)
  expect(ends(server).at(-1)).toBe('passed')
})

test('an archive that a dead agent was unpacking is unpacked anew by the next', async () => {
  const { server, begin, executor } = bench(taskSpec(cacheSteps))
  const first = begin()
  await until(() => existsSync(join(executor.ioPath, 'u5-0.feed')))
  first.stop('shutdown')
  await first.ended

  await begin().ended

  expect(server.output(6)).toBe('c/big: OK\nc/small: OK\nc\nsums\n')
  expect(ends(server).at(-1)).toBe('passed')
})

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

  expect(ends(server)).toEqual([
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
  expect(existsSync(join(root, 'tasks', '0198f0c0-0000-7000-8000-000000000001'))).toBe(false)
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
