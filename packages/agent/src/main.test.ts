import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processLockHolder } from '@rondo/adapters'
import { afterEach, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'agent-main-'))
const agents: ChildProcess[] = []

afterEach(() => {
  for (const agent of agents) agent.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function startAgent(): { readonly child: ChildProcess; printed(): string } {
  writeFileSync(join(folder, 'token'), 'rondo_agent_test')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      RONDO_SERVER_URL: 'http://127.0.0.1:9',
      RONDO_AGENT_TOKEN_FILE: join(folder, 'token'),
      RONDO_AGENT_DATA: folder,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  agents.push(child)
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  return { child, printed: () => printed }
}

test('of two agents started at once on one folder one lives, and the other ends in words', async () => {
  const both = [startAgent(), startAgent()]

  const [code] = await Promise.race(both.map(({ child }) => once(child, 'close')))

  const [ended, living] = both[0]!.child.exitCode === null ? both.toReversed() : both
  expect(code).toBe(75)
  expect(ended?.printed()).toContain('another agent works on this data folder')
  expect(living?.child.exitCode).toBe(null)
  expect(processLockHolder(join(folder, 'agent.pid'))?.pid).toBe(living?.child.pid)
})
