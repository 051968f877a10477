import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '@rondo/testkit'

/** A pause of a tenth of a second that took so long says that the process was stopped. */
const stoodStillMs = 3_000
const pidFiles = { agent: 'agent/agent.pid', postgres: 'postgres/postmaster.pid' } as const

export interface Blows {
  /** Who is hit: names of server processes, `agent`, `postgres`. */
  readonly victims: readonly string[]
  readonly kills: number
  readonly meanMs: number
  /** Servers are stopped (SIGSTOP) for so long instead of killed. */
  readonly pauseMs?: number
  readonly onKill: (text: string) => void
}

export interface Kills {
  readonly count: Readonly<Record<string, number>>
  /** The longest time for which the web port did not answer that all is well. */
  readonly longestMs: number
}

/**
 * Hits one process after the other without a word before. A server that was killed is started again at once, while the next
 * blow may already fall; PostgreSQL and the agent are brought back by the servers.
 */
export async function killAtRandom(stack: Stack, blows: Blows): Promise<Kills> {
  const count: Record<string, number> = {}
  const watching = new AbortController()
  const outage = longestOutage(stack, watching.signal)
  const starting = new Map<string, Promise<void>>()
  const startAgain = (name: string, back: Promise<void>) =>
    starting.set(
      name,
      // One that ends before it is ready is a finding as well, and is started again.
      back.catch(() => {}).finally(() => starting.delete(name)),
    )
  // What ends by itself is a finding, told at the end; whoever runs a server starts it again.
  const startEnded = () => {
    for (const name of stack.servers)
      if (!starting.has(name) && !stack.serverLives(name)) startAgain(name, stack.startOne(name))
  }
  for (let done = 0; done < blows.kills; ) {
    await sleep(-Math.log(1 - Math.random()) * blows.meanMs)
    startEnded()
    const victim = blows.victims[Math.floor(Math.random() * blows.victims.length)]!
    if (starting.has(victim) || !hit(stack, victim, blows.pauseMs)) continue
    done++
    count[victim] = (count[victim] ?? 0) + 1
    blows.onKill(`${blows.pauseMs === undefined ? 'kill' : 'stop'} ${done}: ${victim}`)
    if (!stack.servers.includes(victim)) continue
    const back =
      blows.pauseMs === undefined
        ? stack.startOne(victim)
        : sleep(blows.pauseMs).then(() => void stack.signalServer(victim, 'SIGCONT'))
    startAgain(victim, back)
  }
  startEnded()
  await Promise.all(starting.values())
  await stack.waitFor('the server to be healthy', () => healthy(stack), 60_000)
  watching.abort()
  return { count, longestMs: await outage }
}

function hit(stack: Stack, victim: string, pauseMs: number | undefined): boolean {
  if (stack.servers.includes(victim)) return stack.signalServer(victim, pauseMs === undefined ? 'SIGKILL' : 'SIGSTOP')
  const pid = victim === 'agent' || victim === 'postgres' ? livingPid(stack, victim) : undefined
  return pid !== undefined && process.kill(pid, 'SIGKILL')
}

/** Looks every tenth of a second until the signal aborts; time in which nobody could look, as this process stood still, is nobody's outage. */
async function longestOutage(stack: Stack, signal: AbortSignal): Promise<number> {
  let longest = 0
  let wellAt = performance.now()
  while (!signal.aborted) {
    const well = await healthy(stack).catch(() => false)
    const now = performance.now()
    longest = Math.max(longest, now - wellAt)
    if (well) wellAt = now
    await sleep(100)
    const slept = performance.now() - now
    if (slept > stoodStillMs) wellAt += slept
  }
  return longest
}

async function healthy(stack: Stack): Promise<true> {
  await stack.api('GET', '/api/v2/me')
  return true
}

/** The process of the pid file, when it lives and is ours: it may just have died, and its number be somebody else's. */
function livingPid(stack: Stack, part: keyof typeof pidFiles): number | undefined {
  try {
    const pid = readFileSync(join(stack.data, pidFiles[part]), 'utf8').split(/\s/)[0]
    const about = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
    return about.includes(stack.data) ? Number(pid) : undefined
  } catch {
    return undefined
  }
}
