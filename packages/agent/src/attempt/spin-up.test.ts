import type { TaskSpec } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { attemptBench, endsOf, until } from '../testing/attempt-bench.ts'
import type { FakeServer } from '../testing/fake-server.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'
import { useFolder } from '../testing/use-folder.ts'

const folder = useFolder('attempt-')

const bench = (spec: TaskSpec, server?: FakeServer) => attemptBench(folder.path, spec, server)

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

test('an environment in which nothing got ready is taken down with the attempt, also when that is canceled meanwhile, or not heard', async () => {
  for (const [ending, wanted] of [
    ['refused', 'failed'],
    ['canceled', 'canceled'],
    // Nobody canceled it: it may be run anew.
    ['unheard', 'lost'],
  ] as const) {
    const { server, begin, executor } = bench(taskSpec([runStep('echo never')]))
    let health: (() => Promise<{ alive: boolean; outOfMemory: boolean }>) | undefined
    executor.prepare = async () => ({ containers: 'one that never gets ready' })
    executor.health = async () => health?.() ?? { alive: true, outOfMemory: false }
    executor.startFailure = async () => 'The image has no shell.'
    const removed: unknown[] = []
    executor.remove = async (state) => void removed.push(state)
    const { stop, ended } = begin()
    await until(() => server.entries.some((entry) => entry.type === 'step-started'))

    if (ending !== 'refused') stop(ending)
    else health = async () => ({ alive: false, outOfMemory: false })
    await ended

    expect(endsOf(server).at(-1)).toBe(wanted)
    expect(server.entries.at(-1)).toMatchObject(ending === 'unheard' ? { unbegun: true } : {})
    expect(removed).toEqual([{ containers: 'one that never gets ready' }])
  }
})
