import { systemClock } from '@rondo/adapters'
import { expect, test } from 'vitest'
import { expireOrbs } from './expire-orbs.ts'

test('expired dev versions go in batches until none is left, then the loop waits for its next time', async () => {
  const running = new AbortController()
  const batches: number[] = []
  let left = 230
  const dropExpired = async (limit: number) => {
    const gone = Math.min(limit, left)
    left -= gone
    batches.push(gone)
    return gone
  }

  await expireOrbs(
    { orbs: { dropExpired }, clock: systemClock },
    { onRound: () => left === 0 && running.abort() },
    running.signal,
  )

  expect(batches).toEqual([100, 100, 30])
})
