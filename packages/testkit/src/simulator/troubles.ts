import type { World } from './world.ts'

/** Plans everything that goes wrong while the world is troubled. */
export function beginTroubles(world: World): void {
  const { plan, random, time } = world
  const sometime = (times: number, happen: () => void) => {
    for (let index = 0; index < times; index++)
      time.after(random.skewed(10, plan.troubledMs), () => {
        if (world.troubled) happen()
      })
  }
  sometime(plan.serverKills, () => world.crash(random.pick(world.servers)))
  sometime(plan.serverPauses, () => {
    const server = random.pick(world.servers)
    const ms = random.skewed(1_000, 600_000)
    server.pause(ms)
    world.noteService()
    time.after(ms, () => world.noteService())
  })
  sometime(plan.outages, () => world.loseDatabase(random.skewed(10, 900_000)))
  sometime(plan.agentKills, () => {
    const agent = random.pick(world.agents)
    if (!agent.alive) return
    agent.kill()
    time.after(random.skewed(100, 600_000), () => {
      if (!agent.alive && !agent.gone) agent.start()
    })
  })
  sometime(plan.agentsEmptied, () => {
    const agent = random.pick(world.agents)
    if (agent.gone) return
    agent.forget()
    time.after(random.skewed(100, 60_000), () => {
      if (!agent.alive && !agent.gone) agent.start()
    })
  })
  sometime(plan.agentsGone, () => {
    // One machine at least stays, or nothing could ever end.
    if (world.agents.filter((agent) => !agent.gone).length > 1) random.pick(world.agents).destroy()
  })
  sometime(plan.partitions, () => {
    const agent = random.pick(world.agents)
    const ms = random.skewed(1_000, 900_000)
    world.trace(agent.name, `is cut off for ${Math.round(ms)} ms`)
    agent.cutOffUntil = time.now + ms
  })
}

/** Ends all of it: what is dead starts, what is away comes back, and nothing more goes wrong. */
export function endTroubles(world: World): void {
  world.trace('world', 'troubles end')
  world.troubled = false
  world.databaseDownUntil = Math.min(world.databaseDownUntil, world.time.now)
  for (const server of world.servers) {
    server.pausedUntil = Math.min(server.pausedUntil, world.time.now)
    if (server.life === undefined) server.start()
  }
  for (const agent of world.agents) {
    agent.cutOffUntil = 0
    if (!agent.alive && !agent.gone) agent.start()
  }
  world.noteService()
  world.operators.mend()
}
