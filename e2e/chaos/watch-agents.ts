import type { AgentView } from '@rondo/protocol'
import type { Stack } from '@rondo/testkit'

/** An agent says something every ten seconds, and each time has a lease of thirty: after that signs of life were missed. */
const missedAfterMs = 30_000
const everyMs = 1_000

export interface AgentWatch {
  /** The longest time for which the server had not heard of an agent, milliseconds. */
  longestSilenceMs(): number
  /** What was seen that should not be. */
  problems(): readonly string[]
  stop(): void
}

/** Looks, as their page does, whether agents are heard of all the time. */
export function watchAgents(stack: Stack): AgentWatch {
  const strange = new Set<string>()
  let longest = 0
  const look = async () => {
    const { agents } = await stack.api<{ agents: AgentView[] }>('GET', '/api/private/agents')
    for (const { name, state, silentMs } of agents) {
      longest = Math.max(longest, silentMs)
      if (state !== 'ready') strange.add(`the agent ${name} was shown as ${state}`)
      if (silentMs > missedAfterMs) strange.add(`a sign of life of the agent ${name} was missed`)
    }
  }
  const timer = setInterval(() => void look().catch((error) => strange.add(String(error))), everyMs)
  return {
    longestSilenceMs: () => longest,
    problems: () => [...strange],
    stop() {
      clearInterval(timer)
    },
  }
}
