import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskSpec } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import type { FakeServer } from '../testing/fake-server.ts'
import { stream, withPrograms, zstdProgram } from '../testing/programs.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'
import { useFolder } from '../testing/use-folder.ts'

const folder = useFolder('attempt-')

const bench = (spec: TaskSpec, server?: FakeServer) => attemptBench(folder.path, spec, server)

test('steps run in order in one environment, and their ends are told in that order, after their output', async () => {
  const { server, begin, log } = bench(
    taskSpec([runStep('echo one; export X=1'), runStep('true'), runStep('echo three $X; pwd')]),
  )

  await begin().ended

  expect(log).toEqual([])
  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', '4 passed', 'passed'])
  expect(server.output(2)).toBe('one\n')
  expect(server.output(4)).toBe(`three\n${folder.path}/project\n`)
  expect(existsSync(join(folder.path, 'tasks', '0198f0c0-0000-7000-8000-000000000001'))).toBe(false)
})

test('a server that is away holds no step, and hears everything once it is back', async () => {
  const { server, begin } = bench(
    taskSpec([
      runStep(`echo ready; until [ -e ${folder.path}/away ]; do sleep 0.01; done; echo one`),
      runStep(`echo two; touch ${folder.path}/two`),
    ]),
  )
  const { ended } = begin()
  await until(() => server.output(2) === 'ready\n')

  server.reachable(false)
  writeFileSync(join(folder.path, 'away'), '')
  await until(() => existsSync(join(folder.path, 'two')))
  expect(endsOf(server)).not.toContain('2 passed')
  server.reachable(true)
  await ended

  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', 'passed'])
  expect(server.output(2)).toBe('ready\none\n')
  expect(server.output(3)).toBe('two\n')
})

test('output says when it was printed, also what an agent finds that comes late', async () => {
  const said = (n: number) => `echo ${n}; date +%s%3N >>${folder.path}/said`
  const script = `${said(1)}; until [ -e ${folder.path}/away ]; do sleep 0.01; done; ${said(2)}; until [ -e ${folder.path}/go ]; do sleep 0.01; done; ${said(3)}`
  const { server, begin } = bench(taskSpec([runStep(script)]))
  const first = begin()
  await until(() => server.output(2) === '1\n')
  first.stop('shutdown')
  await first.ended
  writeFileSync(join(folder.path, 'away'), '')
  await until(() => readFileSync(join(folder.path, 'said'), 'utf8').split('\n').length === 3)
  await sleep(600)
  const second = begin()
  await until(() => server.output(2) === '1\n2\n')
  writeFileSync(join(folder.path, 'go'), '')
  await second.ended

  const times = server.outputTimes(2)
  const wrote = readFileSync(join(folder.path, 'said'), 'utf8').trim().split('\n').map(Number)
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
    runStep(`echo a >>${folder.path}/ran; echo one`),
    runStep(`echo b >>${folder.path}/ran; echo two; until [ -e ${folder.path}/go ]; do sleep 0.01; done; echo rest`),
    runStep(`echo c >>${folder.path}/ran`),
  ])
  const { server, begin } = bench(spec)
  const first = begin()
  await until(() => server.output(3) === 'two\n')
  first.stop('shutdown')
  await first.ended

  const second = begin()
  writeFileSync(join(folder.path, 'go'), '')
  await second.ended

  expect(readFileSync(join(folder.path, 'ran'), 'utf8')).toBe('a\nb\nc\n')
  expect(server.output(3)).toBe('two\nrest\n')
  expect(endsOf(server)).toEqual(['0 passed', '1 passed', '2 passed', '3 passed', '4 passed', 'passed'])
})

test('ends of steps that a dead agent could not tell are told by the next', async () => {
  const { server, begin } = bench(
    taskSpec([
      runStep(`echo ready; until [ -e ${folder.path}/away ]; do sleep 0.01; done; echo one`),
      runStep(`touch ${folder.path}/two; until [ -e ${folder.path}/go ]; do sleep 0.01; done`),
    ]),
  )
  const first = begin()
  await until(() => server.output(2) === 'ready\n')
  server.reachable(false)
  writeFileSync(join(folder.path, 'away'), '')
  await until(() => existsSync(join(folder.path, 'two')))
  first.stop('shutdown')
  await first.ended

  server.reachable(true)
  const second = begin()
  await until(() => endsOf(server).includes('2 passed'))
  expect(server.output(2)).toBe('ready\none\n')
  writeFileSync(join(folder.path, 'go'), '')
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

test('a job of one slice may share tests out by their times, too, over what it says', async () => {
  const { server, begin } = bench(
    taskSpec([
      runStep("printf '%s\\n' slow.rb a.rb b.rb | circleci tests split --split-by=timings --total 2 --index 1", {
        noOutputTimeoutMs: 10_000,
      }),
    ]),
  )
  server.timings('filename', [
    { name: 'slow.rb', seconds: 9 },
    { name: 'a.rb', seconds: 3 },
    { name: 'b.rb', seconds: 3 },
  ])

  await begin().ended

  expect(server.output(2)).toBe('a.rb\nb.rb\n')
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
    taskSpec([runStep(`echo $$ >${folder.path}/step; while :; do date >${folder.path}/alive; sleep 0.02; done`)], {
      stopUnheardAfterMs: 300,
    }),
  )
  const { ended } = begin()
  await until(
    () => existsSync(join(folder.path, 'step')) && readFileSync(join(folder.path, 'step'), 'utf8').endsWith('\n'),
  )

  server.reachable(false)
  const lives = (pid: string) => existsSync(`/proc/${pid}`)
  const shell = readFileSync(join(folder.path, 'step'), 'utf8').trim()
  await until(() => !lives(shell))
  expect(server.entries.some((entry) => entry.type === 'task-finished')).toBe(false)
  server.reachable(true)
  await ended

  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'lost' })
})

test('a job that nobody would run anew goes on while the server is away', async () => {
  const { server, begin } = bench(
    taskSpec([runStep(`until [ -e ${folder.path}/go ]; do sleep 0.01; done; echo went on`)]),
  )
  const { ended } = begin()
  await until(() => server.entries.some((entry) => entry.type === 'step-started' && entry.step === 2))

  server.reachable(false)
  await sleep(500)
  writeFileSync(join(folder.path, 'go'), '')
  server.reachable(true)
  await ended

  expect(server.entries.at(-1)).toMatchObject({ type: 'task-finished', result: 'passed' })
  expect(server.output(2)).toBe('went on\n')
})

test('a canceled job ends at once, whether or not the server can be told', async () => {
  const { server, begin } = bench(taskSpec([runStep(`echo $$ >${folder.path}/step; sleep 600`)]))
  const { stop, ended } = begin()
  await until(
    () => existsSync(join(folder.path, 'step')) && readFileSync(join(folder.path, 'step'), 'utf8').endsWith('\n'),
  )
  const shell = readFileSync(join(folder.path, 'step'), 'utf8').trim()

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
    () => join(folder.path, 'begun'),
  ],
  ['without zstd', 'exit 127', (io: string) => join(io, 'u5-0.feed')],
])('an archive that a dead agent was unpacking %s is unpacked anew by the next', async (_how, zstd, begun) => {
  const spec = { ...taskSpec(cacheSteps), environment: withPrograms(join(folder.path, 'programs'), { zstd }) }
  const { server, begin, executor } = bench(spec)
  const first = begin()
  await until(() => existsSync(begun(executor.ioPath)))
  first.stop('shutdown')
  await first.ended

  await begin().ended

  expect(server.output(6)).toBe('c/big: OK\nc/small: OK\nc\nsums\n')
  expect(endsOf(server).at(-1)).toBe('passed')
})
