import { expect, test } from 'vitest'
import { createTokenBuckets } from './token-buckets.ts'

test('a burst is allowed at once, and then the steady rate [L-099]', () => {
  let now = 0
  const buckets = createTokenBuckets({ perSecond: 150, burst: 300 }, () => now)
  const takeMany = (count: number) =>
    Array.from({ length: count }, () => buckets.take('user')).filter((allowance) => allowance.allowed).length

  const first = takeMany(400)
  now += 1_000
  const afterASecond = takeMany(400)
  now += 10_000
  const afterARest = takeMany(400)

  expect([first, afterASecond, afterARest]).toEqual([300, 150, 300])
})

test('one user’s flood takes nothing from another', () => {
  const buckets = createTokenBuckets({ perSecond: 1, burst: 1 }, () => 0)

  buckets.take('one')

  expect(buckets.take('one').allowed).toBe(false)
  expect(buckets.take('two').allowed).toBe(true)
})

test('what is left and when there is more is told', () => {
  let now = 0
  const buckets = createTokenBuckets({ perSecond: 0.5, burst: 2 }, () => now)

  expect(buckets.take('user')).toEqual({ allowed: true, remaining: 1, retryAfter: 0, reset: 2 })
  expect(buckets.take('user')).toEqual({ allowed: true, remaining: 0, retryAfter: 2, reset: 4 })
  expect(buckets.take('user')).toEqual({ allowed: false, remaining: 0, retryAfter: 2, reset: 4 })
  expect(buckets.take('user', 'peek').allowed).toBe(false)
  now += 2_000
  expect(buckets.take('user', 'peek')).toEqual({ allowed: true, remaining: 1, retryAfter: 0, reset: 2 })
  expect(buckets.take('user', 'peek').remaining).toBe(1)
})

test('what many passers-by leave behind is forgotten, and a limit that was reached is not', () => {
  let now = 0
  const buckets = createTokenBuckets({ perSecond: 0.001, burst: 1 }, () => now)
  buckets.take('flood')
  for (let index = 0; index < 20_000; index++) buckets.take(`passer-by ${index}`)
  now += 1_000

  expect(buckets.take('flood').allowed).toBe(false)
})
