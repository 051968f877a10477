import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processLockHolder } from '@rondo/adapters'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDataFolder } from './data-folder.ts'
import { readServerEnv } from './env.ts'
import { createLocalAgent } from './local-agent.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'local-agent-'))
})

afterEach(() => {
  for (const pid of agents()) process.kill(pid, 'SIGKILL')
  rmSync(root, { recursive: true, force: true })
})

/** Every process that was started as an agent on this test's folder. */
function agents(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environ(name).includes(`RONDO_AGENT_DATA=${root}/agent\0`))
    .map(Number)
}

function environ(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10)
}

async function open() {
  mkdirSync(root, { recursive: true })
  const folder = await openDataFolder(root)
  return createLocalAgent(readServerEnv({ RONDO_DATA: root, RONDO_AGENT_PORT: '9' }).env, folder, {
    agents: { vacate: async () => {} },
  })
}

test('a server that died right after it launched the agent is followed by one that adopts that agent', async () => {
  const dead = new AbortController()
  void (await open()).supervise(dead.signal)
  // As a kill would: before the agent has said anything of itself.
  dead.abort()
  const next = await open()
  const alive = new AbortController()
  void next.supervise(alive.signal)

  await until(() => processLockHolder(join(root, 'agent', 'agent.pid')) !== undefined && agents().length === 1)
  // What the second launched, if it did, has ended in words by now, or was never started.
  const log = readFileSync(join(root, 'logs', 'agent.log'), 'utf8')
  expect(agents()).toEqual([processLockHolder(join(root, 'agent', 'agent.pid'))?.pid])
  expect(
    log.split('\n').filter((line) => line.includes('another agent works on this data folder')).length,
  ).toBeLessThanOrEqual(1)

  alive.abort()
  await next.stop()
  expect(agents()).toEqual([])
})

test('a server that stops before its agent has its lock leaves no agent behind', async () => {
  const agent = await open()
  const supervising = new AbortController()
  void agent.supervise(supervising.signal)
  supervising.abort()

  await agent.stop()

  expect(agents()).toEqual([])
})
