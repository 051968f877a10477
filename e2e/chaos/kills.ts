import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '@rondo/testkit'

export const parts = ['server', 'agent', 'postgres'] as const
export type Part = (typeof parts)[number]

const pidFiles: Readonly<Record<Part, string>> = {
  server: 'server.pid',
  agent: 'agent/agent.pid',
  postgres: 'postgres/postmaster.pid',
}

export interface Kills {
  readonly count: Record<Part, number>
  /** The longest time from a kill until the web port answered that all is well. */
  longestMs: number
}

/** Kills one part after the other without a word before, and starts the server again when it was that. */
export async function killAtRandom(
  stack: Stack,
  options: { readonly kills: number; readonly meanMs: number; readonly onKill: (text: string) => void },
): Promise<Kills> {
  const kills: Kills = { count: { server: 0, agent: 0, postgres: 0 }, longestMs: 0 }
  for (let done = 0; done < options.kills; ) {
    await sleep(-Math.log(1 - Math.random()) * options.meanMs)
    const part = parts[Math.floor(Math.random() * parts.length)]!
    if (!lives(stack, part)) continue
    const begun = performance.now()
    stack.kill(part)
    done++
    kills.count[part]++
    if (part === 'server') await stack.startServer()
    // Now and then the next blow falls before the last is overcome.
    if (Math.random() < 0.8) {
      await stack.waitFor('the server to be healthy', () => healthy(stack), 60_000)
      kills.longestMs = Math.max(kills.longestMs, performance.now() - begun)
    }
    options.onKill(`kill ${done}: the ${part}, ${Math.round(performance.now() - begun)} ms`)
  }
  return kills
}

async function healthy(stack: Stack): Promise<true> {
  await stack.api('GET', '/api/v2/me')
  return true
}

/** Whether the process of the pid file is there, and ours: it may just have died, and its number be somebody else's. */
function lives(stack: Stack, part: Part): boolean {
  try {
    const pid = readFileSync(join(stack.data, pidFiles[part]), 'utf8').split(/\s/)[0]
    const about = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
    return about.includes(stack.data)
  } catch {
    return false
  }
}
