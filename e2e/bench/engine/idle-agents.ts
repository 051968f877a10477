import { setTimeout as sleep } from 'node:timers/promises'
import { startStack } from '@rondo/testkit'
import type { Figure } from '../figure.ts'
import { secondsSince } from './beside.ts'
import { processorSeconds, serverPid } from './processor-time.ts'
import { startStubAgent } from './stub-agent.ts'

const agents = 1_000
/** As agents do: a claim open for so long, and a word on how they stand so often. */
const claimWaitMs = 40_000
const checkInEveryMs = 600_000
const measuredMs = 40_000

const idleCondition = {
  tasks: 0,
  maxTasks: 8,
  cpus: { used: 0, all: 8 },
  memoryMb: { used: 0, all: 16_000 },
  draining: false,
  refusal: null,
}

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
    const checkIns = Array.from({ length: agents }, async (_, index) => {
      for (let at = (index * checkInEveryMs) / agents; at < claimWaitMs + measuredMs; at += checkInEveryMs) {
        await sleep(Math.max(0, end - claimWaitMs - measuredMs + at - performance.now()))
        await agent.plane.checkIn(idleCondition)
      }
    })
    await sleep(claimWaitMs)
    const pid = serverPid(stack)
    const used = processorSeconds(pid)
    const begun = performance.now()
    await sleep(measuredMs)
    const share = (processorSeconds(pid) - used) / secondsSince(begun)
    await Promise.all([...waiting, ...checkIns])
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
