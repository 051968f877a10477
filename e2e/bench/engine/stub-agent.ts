import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createControlPlaneClient } from '@rondo/agent'
import type { Claim, ControlPlane } from '@rondo/protocol'
import type { Stack } from '@rondo/testkit'

/** An agent with room for everything that runs nothing: over the same HTTP as a real one, with the installation's credential. */
export interface StubAgent {
  readonly plane: ControlPlane
  readonly agentId: string
  claim(tasks: number, waitMs: number): Promise<readonly Claim[]>
  /** Starts a task and ends it at once. */
  finish(task: Claim): Promise<void>
  /** Ends one that was granted. */
  end(task: Claim): Promise<void>
}

const room = { cpus: 1_000_000, memoryMb: 1_000_000_000 }

export async function startStubAgent(stack: Stack): Promise<StubAgent> {
  const token = readFileSync(join(stack.data, 'keys', 'private', 'agent-token'), 'utf8').trim()
  const plane = createControlPlaneClient(`http://127.0.0.1:${stack.agentPort}`, token)
  const machine = { name: 'local', version: '1', hostname: 'stub', os: 'linux', arch: 'x64', ...room }
  const { agentId } = await plane.hello({ ...machine, executors: ['docker'] })
  async function end({ attemptId, epoch }: Claim): Promise<void> {
    const at = new Date().toISOString()
    const ending = { type: 'task-finished', result: 'passed', message: null, at } as const
    await plane.report({ attemptId, epoch, from: 1, entries: [ending] })
  }
  return {
    plane,
    agentId,
    claim: (tasks, waitMs) =>
      plane.claim(
        { agentId, executors: ['docker'], free: { ...room, tasks }, waitMs },
        AbortSignal.timeout(waitMs + 60_000),
      ),
    async finish(task) {
      const { attemptId, epoch } = task
      await plane.grant({ attemptId, epoch })
      await end(task)
    },
    end,
  }
}

/** Claims and ends this many tasks; answers the moments at which they did, in seconds from the start. */
export async function finishAll(agent: StubAgent, tasks: number, atOnce = 16): Promise<readonly number[]> {
  const begun = performance.now()
  const ends: number[] = []
  let taken = 0
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (taken < tasks) {
        const wanted = Math.min(atOnce / 4, tasks - taken)
        taken += wanted
        const claims = await agent.claim(wanted, 500)
        taken -= wanted - claims.length
        await Promise.all(
          claims.map(async (claim) => {
            await agent.finish(claim)
            ends.push((performance.now() - begun) / 1_000)
          }),
        )
      }
    }),
  )
  return ends
}
