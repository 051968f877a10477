import { expect, test } from 'vitest'
import { createQuietQueue } from './quiet-queue.ts'

let now = 0
const clock = { monotonicMs: () => now }

test('after a look that found nothing it is quiet until whoever listens is woken', async () => {
  const woken = Promise.withResolvers<void>()
  const queue = createQuietQueue({ waitingFor: async () => [] }, clock)

  await queue.look(['docker'], woken.promise)

  expect(queue.isQuiet(['docker'])).toBe(true)
  woken.resolve()
  await woken.promise
  expect(queue.isQuiet(['docker'])).toBe(false)
})

test('it is quiet for those executors alone for which nothing waits', async () => {
  const queue = createQuietQueue({ waitingFor: async () => ['machine'] }, clock)

  await queue.look(['docker', 'machine'], new Promise(() => {}))

  expect([['docker'], ['machine'], ['docker', 'machine']].map(queue.isQuiet)).toEqual([true, false, false])
})

test('what was queued while somebody looked keeps it from being quiet', async () => {
  const [woken, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<readonly string[]>()]
  const queue = createQuietQueue({ waitingFor: () => answer.promise }, clock)

  const looking = queue.look(['docker'], woken.promise)
  woken.resolve()
  answer.resolve([])
  await looking
  await woken.promise

  expect(queue.isQuiet(['docker'])).toBe(false)
})

test('a look is believed for two seconds, even when nobody is ever woken', async () => {
  const queue = createQuietQueue({ waitingFor: async () => [] }, clock)

  await queue.look(['docker'], new Promise(() => {}))
  now += 1_999
  const before = queue.isQuiet(['docker'])
  now += 1

  expect([before, queue.isQuiet(['docker'])]).toEqual([true, false])
})
