import { AppError } from '@rondo/model'
import { describe, expect, test } from 'vitest'
import { createCompileQueue } from './compile-queue.ts'

/** Threads are numbers; `log` is who got one, and who was refused, in order. */
function build({ threads = 1, share = 1, longest = 100 } = {}) {
  const log: string[] = []
  const idle = Array.from({ length: threads }, (_, n) => n)
  const queue = createCompileQueue<number>({ share, longest, free: () => idle.pop() })
  return {
    log,
    queue,
    ask: (asker: string, name = asker, signal?: AbortSignal) =>
      queue.take(signal === undefined ? { asker } : { asker, signal }).then(
        () => void log.push(name),
        (error: AppError) => void log.push(`${name}: ${error.message}`),
      ),
    async end(asker: string) {
      idle.push(0)
      queue.done({ asker })
      await Promise.resolve()
    },
  }
}

describe('threads that compile', () => {
  test('are given to askers in turn, however much one of them sends [S-27]', async () => {
    const { ask, end, log } = build()
    const asked = [ask('a'), ask('a'), ask('a'), ask('a'), ask('b'), ask('c'), ask('b')]

    for (const asker of ['a', 'a', 'b', 'c', 'a', 'b', 'a']) await end(asker)
    await Promise.all(asked)

    expect(log).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'a'])
  })

  test('are never all with one asker, so that another begins at once [S-27]', async () => {
    const { ask, end, log } = build({ threads: 2, share: 1 })

    const [first, second, other] = [ask('a', 'a1'), ask('a', 'a2'), ask('b')]
    await Promise.all([first, other])
    expect(log).toEqual(['a1', 'b'])

    await end('a')
    await second
    expect(log).toEqual(['a1', 'b', 'a2'])
  })

  test('are refused to the last of whoever has most waiting, when too many wait', async () => {
    const { ask, end, log } = build({ longest: 3 })
    const refused = (name: string) => `${name}: 3 configs wait to be compiled already. Try again in a few seconds.`

    const asked = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3'), ask('a', 'a4'), ask('b', 'b1'), ask('a', 'a5')]
    for (const asker of ['a', 'a', 'b', 'a']) await end(asker)
    await Promise.all(asked)

    expect(log).toContain(refused('a4'))
    expect(log).toContain(refused('a5'))
    expect(log.filter((line) => !line.includes(':'))).toEqual(['a1', 'a2', 'b1', 'a3'])
  })

  test('are not given to who has gone before it was their turn', async () => {
    const { ask, end, log } = build()
    const gone = new AbortController()
    const asked = [ask('a', 'a1'), ask('b', 'b1', gone.signal), ask('b', 'b2')]

    gone.abort()
    await end('a')
    await Promise.all([...asked, ask('c', 'c1', gone.signal)])

    expect(log).toEqual([
      'a1',
      'b1: Nobody waits for this compile any more.',
      'b2',
      'c1: Nobody waits for this compile any more.',
    ])
  })

  test('are refused to everybody who waits once it closes', async () => {
    const { ask, queue, log } = build()
    const asked = [ask('a', 'a1'), ask('a', 'a2'), ask('b', 'b1')]

    queue.close(new AppError('unavailable', 'stopping'))
    await Promise.all(asked)

    expect(log.sort()).toEqual(['a1', 'a2: stopping', 'b1: stopping'])
  })
})
