import { setTimeout as sleep } from 'node:timers/promises'
import { startStack } from '@rondo/testkit'
import type { Figure } from '../figure.ts'
import { secondsSince } from './beside.ts'
import { processorSeconds, serverPid } from './processor-time.ts'
import { startStubAgent } from './stub-agent.ts'

const agents = 1_000
const claimWaitMs = 20_000
const measuredMs = 20_000

/** A thousand agents that wait for work: each has a claim open and opens the next when it is answered. */
export async function idleAgents(): Promise<readonly Figure[]> {
  const stack = await startStack({ env: { RONDO_AGENT: 'none' } })
  try {
    const agent = await startStubAgent(stack)
    const end = performance.now() + claimWaitMs + measuredMs
    const waiting = Array.from({ length: agents }, async (_, index) => {
      await sleep((index * claimWaitMs) / agents)
      while (performance.now() < end) await agent.claim(8, claimWaitMs)
    })
    await sleep(claimWaitMs)
    const pid = serverPid(stack)
    const used = processorSeconds(pid)
    const begun = performance.now()
    await sleep(measuredMs)
    const share = (processorSeconds(pid) - used) / secondsSince(begun)
    await Promise.all(waiting)
    return [
      {
        name: `${agents} idle agents`,
        ours: `${(share * 100).toFixed(1)} % of a core`,
        floor: '',
        aim: '≤ 5 % of a core',
      },
    ]
  } finally {
    await stack.stop()
  }
}
