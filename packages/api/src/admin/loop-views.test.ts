import type { LoopState } from '@rondo/model'
import { expect, test } from 'vitest'
import { loopViews } from './loop-views.ts'

const dead = [loop('dead', 'leases', 5_000, 70_000), loop('dead', 'retention', 600_000, 70_000)]

test.each<{ what: string; loops: readonly LoopState[]; states: readonly string[] }>([
  { what: 'a server that tells of itself is well', loops: [loop('a', 'leases', 5_000, 9_000)], states: ['ok'] },
  {
    what: 'a loop that stopped in a server that goes on is late, also when another server runs it',
    loops: [loop('a', 'leases', 5_000, 9_000), loop('a', 'chores', 5_000, 70_000), loop('b', 'chores', 5_000, 9_000)],
    states: ['ok', 'late', 'ok'],
  },
  {
    what: 'the loops of a server that was ended are gone where another server runs them',
    loops: [...dead, loop('b', 'leases', 5_000, 9_000), loop('b', 'retention', 600_000, 300_000)],
    states: ['gone', 'gone', 'ok', 'ok'],
  },
  {
    what: 'what nobody has taken over is late',
    loops: [loop('dead', 'chores', 5_000, 70_000), ...dead, loop('b', 'leases', 5_000, 9_000)],
    states: ['late', 'gone', 'ok', 'ok'],
  },
  {
    what: 'of two servers that were ended neither stands for the other',
    loops: [loop('dead', 'leases', 5_000, 90_000), loop('killed', 'leases', 5_000, 70_000)],
    states: ['late', 'late'],
  },
])('health: $what', ({ loops, states }) => {
  expect(loopViews(loops).map(({ late, gone }) => (late ? 'late' : gone ? 'gone' : 'ok'))).toEqual(states)
})

function loop(server: string, name: string, pauseMs: number, silentMs: number): LoopState {
  return { server, name, pauseMs, silentMs, tookMs: 1, roundAt: new Date(0), failedAt: null, problem: null }
}
