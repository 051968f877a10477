import type { Agents, Clock } from '@rondo/model'

/** An agent counts as out of reach after `agentSilentAfterMs`; a second more or less makes no difference. */
const gatherMs = 1_000

/** Notes that an agent was heard of. A thousand that wait cost a statement a second. */
export function createPresence(
  agents: Pick<Agents, 'heardOf'>,
  clock: Pick<Clock, 'sleep'>,
): (agentId: string) => void {
  const heard = new Set<string>()
  return (agentId) => {
    if (heard.size === 0) void clock.sleep(gatherMs).then(tell)
    heard.add(agentId)
  }

  async function tell(): Promise<void> {
    const ids = [...heard]
    heard.clear()
    // Who cannot be noted now is heard of again soon.
    await agents.heardOf(ids).catch(() => {})
  }
}
