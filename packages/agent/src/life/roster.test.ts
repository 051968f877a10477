import { expect, test } from 'vitest'
import { createRoster } from './roster.ts'

const task = (attemptId: string) => ({ attemptId, epoch: 1, cpus: 2, memoryMb: 4_000 })

test('an environment that is kept for people takes memory, and neither CPUs nor a place; whoever claims hears of it', async () => {
  const ends: (() => void)[] = []
  const roster = createRoster({ cpus: 1, memoryMb: 10_000, tasks: 1 }, () => new Promise((end) => void ends.push(end)))
  roster.begin(task('one'))
  expect(roster.free()).toEqual({ cpus: 0, memoryMb: 6_000, tasks: 0 })
  const changed = roster.nextChange()

  roster.keeps('one')

  expect(changed.aborted).toBe(true)
  expect(roster.free()).toEqual({ cpus: 2, memoryMb: 6_000, tasks: 1 })
  expect([roster.size, roster.kept]).toEqual([1, 1])
  ends[0]!()
  await roster.emptied()
  expect(roster.free()).toEqual({ cpus: 2, memoryMb: 10_000, tasks: 1 })
})
