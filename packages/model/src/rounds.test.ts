import { expect, test } from 'vitest'
import { createRounds } from './rounds.ts'

/** Serves when told to, and notes what each round was asked. */
function scripted() {
  const rounds: { readonly asked: readonly number[]; readonly end: PromiseWithResolvers<readonly string[]> }[] = []
  const serve = (asked: readonly number[]) => {
    const end = Promise.withResolvers<readonly string[]>()
    rounds.push({ asked, end })
    return end.promise
  }
  return { rounds, serve }
}

test('who asks while a round is under way is served in the next, all together', async () => {
  const { rounds, serve } = scripted()
  const ask = createRounds(serve)

  const answers = [ask(1), ask(2), ask(3)]
  rounds[0]!.end.resolve(['one'])
  await answers[0]
  rounds[1]!.end.resolve(['two', 'three'])

  expect(await Promise.all(answers)).toEqual(['one', 'two', 'three'])
  expect(rounds.map((round) => round.asked)).toEqual([[1], [2, 3]])
})

test('a round has so many at most; the others come after it, in the order in which they asked', async () => {
  const rounds: (readonly number[])[] = []
  const ask = createRounds(async (asked: readonly number[]) => {
    rounds.push(asked)
    return asked
  }, 2)

  await Promise.all([1, 2, 3, 4, 5].map(ask))

  expect(rounds).toEqual([[1], [2, 3], [4, 5]])
})

test('what goes wrong in a round only those of that round hear of', async () => {
  const { rounds, serve } = scripted()
  const ask = createRounds(serve)

  const [first, second] = [ask(1), ask(2)]
  rounds[0]!.end.reject(new Error('broken'))
  await expect(first).rejects.toThrow('broken')
  rounds[1]!.end.resolve(['two'])

  expect(await second).toBe('two')
})
