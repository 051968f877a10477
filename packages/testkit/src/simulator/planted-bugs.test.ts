import { describe, expect, test } from 'vitest'
import { plantedBugs } from './planted-bugs.ts'
import { Random } from './random.ts'
import { simulate } from './simulate.ts'
import { drawPlan, type WorldPlan } from './world-plan.ts'

/** Worlds a bug may hide in. */
const patience = 300

/** Worlds in which administrators do something all the time: their bugs show sooner. In every second one machines go, too. */
function busy(seed: number): WorldPlan {
  const plan = { ...drawPlan(new Random(seed)), projects: 3, operations: 12, schedules: 2, keptMs: 60_000, clicks: 12 }
  if (seed % 2 === 1) return plan
  return {
    ...plan,
    agents: 3,
    agentsGone: 1,
    agentKills: 12,
    partitions: 24,
    pauses: 0.3,
    slowestMs: 2_000,
    troubledMs: Math.max(plan.troubledMs, 300_000),
  }
}

describe('a bug that is planted on purpose is found', () => {
  test.each(Object.entries(plantedBugs))(
    '%s',
    async (_name, sabotage) => {
      let found = 0
      for (let seed = 1; seed <= patience && found === 0; seed++)
        if ((await simulate({ seed, sabotage, plan: busy(seed) })).violations.length > 0) found = seed

      expect(found).toBeGreaterThan(0)
    },
    600_000,
  )

  test('there are at least twenty-five of them', () => {
    expect(Object.keys(plantedBugs).length).toBeGreaterThanOrEqual(25)
  })
})
