import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentCondition } from '@rondo/protocol'
import type { LoopPorts } from './loop-ports.ts'
import { statusLine } from './status-line.ts'

const everyMs = 10_000
/** While it waits for work, its claim says that it is there, and whether it gets any is not its to decide. */
const idleEveryMs = 600_000
/** Many tasks that begin at once are told of together. */
const gatherMs = 200

/** Tells the server how the agent stands, and obeys when it is asked to take nothing new. Says each new line to `say`. */
export async function checkInLoop(ports: LoopPorts, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const { roster, gate, controlPlane } = ports
  let said = ''
  while (!signal.aborted) {
    const changed = AbortSignal.any([signal, roster.nextChange(), gate.nextChange()])
    const line = statusLine(roster, gate)
    if (line !== said) say(line)
    said = line
    let told = true
    try {
      const { drain } = await controlPlane.checkIn(conditionOf(ports))
      if (drain) gate.close('administrator', 'An administrator drains it.')
      else gate.open('administrator')
    } catch (error) {
      told = false
      await ports.afterTrouble(error)
    }
    const idle = told && roster.size === 0 && gate.refusal() === undefined
    await sleep(idle ? idleEveryMs : everyMs, undefined, { signal: changed }).catch(() => sleep(gatherMs))
  }
}

function conditionOf({ roster, gate, faults }: LoopPorts): AgentCondition {
  const { capacity, used } = roster
  return {
    tasks: roster.size,
    waitingForSsh: roster.waitingForSsh,
    maxTasks: capacity.tasks,
    cpus: { used: used.cpus, all: capacity.cpus },
    memoryMb: { used: used.memoryMb, all: capacity.memoryMb },
    draining: gate.closedSince('signal') !== undefined,
    // Whether an administrator drains it, the server knows better, and sooner.
    refusal: gate.refusal('administrator') ?? null,
    faults,
  }
}
