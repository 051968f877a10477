import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskSpec } from '@rondo/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import type { FakeServer } from '../testing/fake-server.ts'
import { stream, withPrograms, zstdProgram } from '../testing/programs.ts'
import { awkwardSecret, secretWritings } from '../testing/secret-writings.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'attempt-'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

const bench = (spec: TaskSpec, server?: FakeServer) => attemptBench(root, spec, server)

test('steps run in order in one environment, and their ends are told in that order, after their output', async () => {
  const { server, begin, log } = bench(
    taskSpec([runStep('echo one; export X=1'), runStep('true'), runStep('echo three $X; pwd')]),
  )

  await begin().ended

  expect(log).toEqual([])
  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', '4 passed', 'passed'])
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
  expect(endsOf(server)).not.toContain('2 passed')
  server.reachable(true)
  await ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', 'passed'])
  expect(server.output(2)).toBe('ready\none\n')
  expect(server.output(3)).toBe('two\n')
})

test('output says when it was printed, also what an agent finds that comes late', async () => {
  const said = (n: number) => `echo ${n}; date +%s%3N >>${root}/said`
  const script = `${said(1)}; until [ -e ${root}/away ]; do sleep 0.01; done; ${said(2)}; until [ -e ${root}/go ]; do sleep 0.01; done; ${said(3)}`
  const { server, begin } = bench(taskSpec([runStep(script)]))
  const first = begin()
  await until(() => server.output(2) === '1\n')
  first.stop('shutdown')
  await first.ended
  writeFileSync(join(root, 'away'), '')
  await until(() => readFileSync(join(root, 'said'), 'utf8').split('\n').length === 3)
  await sleep(600)
  const second = begin()
  await until(() => server.output(2) === '1\n2\n')
  writeFileSync(join(root, 'go'), '')
  await second.ended

  const times = server.outputTimes(2)
  const wrote = readFileSync(join(root, 'said'), 'utf8').trim().split('\n').map(Number)
  expect(times.map(({ offset }) => offset)).toEqual([0, 2, 4])
  // Far less than what the second agent came late by, and the clocks of files are coarse.
  for (const [index, { at }] of times.entries()) expect(Math.abs(at! - wrote[index]!)).toBeLessThan(500)
})

test('answers that are lost make nothing happen twice', async () => {
  const { server, begin } = bench(
    taskSpec([runStep('echo one'), runStep('echo two; exit 3'), runStep('echo three', { when: 'always' })]),
  )
  const { ended } = begin()
  server.loseAnswers(5)

  await ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 failed', '4 passed', 'failed'])
  expect(server.output(3)).toBe('two\n\nExited with code exit status 3\n')
  expect(server.output(4)).toBe('three\n')
})

test('a server of an earlier version gets a step before its output', async () => {
  const { server, begin } = bench(taskSpec([runStep('echo one'), runStep('echo two')]))
  server.beOfEarlierVersion()

  await begin().ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', 'passed'])
  expect([server.output(2), server.output(3)]).toEqual(['one\n', 'two\n'])
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
  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', '4 passed', 'passed'])
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
  await until(() => endsOf(server).includes('2 passed'))
  expect(server.output(2)).toBe('ready\none\n')
  writeFileSync(join(root, 'go'), '')
  await second.ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', 'passed'])
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
  const unknown = 'No timing found for "new.rb"'
  expect(first[0]).toEqual([unknown, 'slow.rb'])
  expect(second[0]).toEqual([unknown, 'new.rb', './a.rb', 'b.rb'])
  expect(first[1]).toEqual([unknown, 'new.rb'])
  expect(second[1]).toEqual([unknown, 'slow.rb', './a.rb', 'b.rb'])
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

test('no word that leaves the agent has a secret in it, however a tool wrote it: output, names and commands of steps, results of tests, the job’s end [S-05]', async () => {
  const secret = awkwardSecret('k3y')
  const written = Object.values(secretWritings).map((write) => write(secret))
  const junit = written.map(
    (leak) =>
      `<testcase name="${xml(leak)}" classname="${xml(leak)}" file="${xml(leak)}"><failure>${xml(leak)}</failure></testcase>`,
  )
  // Where the message is cut, most of the secret is before the cut.
  const long = `<testcase name="long"><failure>${'-'.repeat(31_990)}${xml(secret)}</failure></testcase>`
  writeFileSync(join(root, 'report.xml'), `<testsuite>${junit.join('')}${long}</testsuite>`)
  const steps = written.map((leak) => runStep(`cat <<'END'\n${leak}\nEND`, { name: `to ${leak} now` }))
  const { server, begin } = bench(
    taskSpec(
      [
        ...steps,
        { type: 'store_test_results', path: `${root}/report.xml`, origin },
        runStep('sleep 100', { name: `silent ${secret}`, noOutputTimeoutMs: 50 }),
      ],
      { secrets: [secret] },
    ),
  )

  await begin().ended

  const outputs = steps.map((_step, index) => server.output(index + 2))
  expect(outputs.filter((text) => !text.includes('****'))).toEqual([])
  const told = [...server.entries.flatMap(wordsOf), ...outputs]
  expect(told.filter((text) => written.some((leak) => text.includes(leak)) || text.includes('p@ss'))).toEqual([])
  expect(
    server.entries.filter((entry) => entry.type === 'step-started' && /^to .*\*{4}.* now$/.test(entry.name)),
  ).toHaveLength(steps.length)
  expect(server.entries.flatMap((entry) => (entry.type === 'tests-stored' ? entry.tests : []))).toHaveLength(
    written.length + 1,
  )
  expect(server.entries.at(-1)).toMatchObject({
    message: expect.stringContaining('The step "silent ****" printed nothing'),
  })
})

const xml = secretWritings['XML, in an attribute']!

/** All texts in it. */
function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsOf) : []
}

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
  mkdirSync(join(root, 'tasks', spec.attemptId), { recursive: true })
  writeFileSync(join(root, 'tasks', spec.attemptId, 'io'), 'in the way of the folder')

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
  await until(() => existsSync(join(root, 'step')) && readFileSync(join(root, 'step'), 'utf8').endsWith('\n'))
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
  expect(endsOf(server).at(-1)).toBe('passed')
})

test.each([
  [
    'by zstd',
    zstdProgram({ unpacks: `[ -e ~/begun ] || { touch ~/begun; sleep 600; }; ${stream('Decompress')} <"$2"` }),
    () => join(root, 'begun'),
  ],
  ['without zstd', 'exit 127', (io: string) => join(io, 'u5-0.feed')],
])('an archive that a dead agent was unpacking %s is unpacked anew by the next', async (_how, zstd, begun) => {
  const spec = { ...taskSpec(cacheSteps), environment: withPrograms(join(root, 'programs'), { zstd }) }
  const { server, begin, executor } = bench(spec)
  const first = begin()
  await until(() => existsSync(begun(executor.ioPath)))
  first.stop('shutdown')
  await first.ended

  await begin().ended

  expect(server.output(6)).toBe('c/big: OK\nc/small: OK\nc\nsums\n')
  expect(endsOf(server).at(-1)).toBe('passed')
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
  const file = join(root, 'tasks', '0198f0c0-0000-7000-8000-000000000001', 'usage.json')
  const series = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(
    file,
    JSON.stringify({ ...series, startedAt: new Date(Date.parse(series.startedAt) - ms).toISOString() }),
  )
}
